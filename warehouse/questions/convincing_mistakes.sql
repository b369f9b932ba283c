-- Which wrong answers look right: they pass every filter, so only the reference gives them away?
-- $limit = 5: how many to show
select problem, reasoning, answer, extracted, verifier, verdict_reason, attempt_id
from traces
where verdict = 'wrong' and keep
order by hash(attempt_id)
limit $limit
