insert into migrations values ($number, $name, $sha256, now())
