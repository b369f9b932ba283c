-- What could not be decided, and for which reason?
select verifier, reason, count(*) as num_attempts, min(attempt_id) as an_example
from current_verdicts
where decision = 'undecided'
group by verifier, reason
order by num_attempts desc
