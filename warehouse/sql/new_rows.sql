-- Which rows of `incoming` are new to a relation: the first of each key that the relation does not hold.
-- {relation}, {columns}, {keys} and {same} are filled from the catalogue and warehouse/keys.py.
with
    batch as (select _row, {columns} from incoming),
    known as (from {relation})
select min(batch._row) as _row
from batch
anti join known on {same}
group by {keys}
order by _row
