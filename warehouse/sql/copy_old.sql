insert into {relation} by name from old.{relation}
