insert into {relation} by name {query}
