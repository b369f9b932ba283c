-- Attempts that runs on the recipes of `incoming` asked for: what counts of them goes by the newest of those runs.
with
    changed as (
        select distinct recipe_id
        from recipe_runs
        where run_id in (select cast(run_id as uuid) from incoming)
            and (
                stage = 'filter'
                or run_id in (select run_id from run_verifiers)
                or run_id in (select run_id from run_attempts)
            )
    )
select distinct attempt_id
from run_attempts
where run_id in (select run_id from recipe_runs semi join changed using (recipe_id))
