-- What rules said of $attempt_id, those that dropped it first.
select filter, keep, reason, score, version
from filter_results
where attempt_id = $attempt_id
order by keep, filter, version
