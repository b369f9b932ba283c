-- Which attempts of a run are there.
select attempt_id
from run_attempts
semi join attempts using (attempt_id)
where run_id = $run_id
