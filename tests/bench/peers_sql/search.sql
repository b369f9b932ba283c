select count(*)
from traces
where reasoning like '%contradiction%'
