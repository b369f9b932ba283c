select count(*), cast(coalesce(sum(hash({columns})), 0) as varchar) from {relation}
