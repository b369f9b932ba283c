-- The traces of a run that are there: its attempts, without those that another attempt of the run continues.
with
    asked as (from run_attempts where run_id = $run_id),
    continued as (
        select parent_attempt_id as attempt_id
        from attempts
        semi join asked using (attempt_id)
        where parent_attempt_id is not null
    )
select attempt_id
from asked
semi join attempts using (attempt_id)
anti join continued using (attempt_id)
