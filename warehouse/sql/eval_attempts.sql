-- Which planned responses of a run are there, and which it recorded as failures.
with planned as (select distinct unnest($attempt_ids) as attempt_id)
select
    planned.attempt_id,
    planned.attempt_id in (select attempt_id from attempts) as answered,
    planned.attempt_id in (select attempt_id from failures where run_id = $run_id) as failed
from planned
