insert into marts values ($name, $sha256)
