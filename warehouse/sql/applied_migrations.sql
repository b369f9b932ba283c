select name, sha256 from migrations order by number
