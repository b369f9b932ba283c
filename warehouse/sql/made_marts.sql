select name, sha256 from marts
