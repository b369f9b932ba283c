-- Keys that {relation} holds more than once. Identifiers come from warehouse/keys.py.
select {keys}, count(*) as num_rows
from {relation}
group by {keys}
having num_rows > 1
