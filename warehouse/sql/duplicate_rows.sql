-- Rows of a mart that share what its comment says tells them apart. Identifiers come from warehouse/marts.
select {keys}, count(*) as num_rows
from {relation}
where {known}
group by {keys}
having num_rows > 1
