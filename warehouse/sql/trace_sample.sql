-- Ids of $num traces for which a condition holds, drawn by the hash of id and $seed. {where} is a person's own SQL.
select attempt_id
from (
    from traces
    where (
{where}
    )
)
order by hash(attempt_id, $seed)
limit $num
