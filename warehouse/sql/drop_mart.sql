drop view if exists {name}
