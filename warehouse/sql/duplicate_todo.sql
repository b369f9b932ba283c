-- Traces of run $asking_run on which one rule has not ruled under this key.
select cast(attempt_id as varchar) as attempt_id
from attempts
semi join (from run_attempts where run_id = $asking_run) as wanted using (attempt_id)
anti join (
    from filter_results where filter = $filter and version = $version and config_hash = $config_hash
) as known using (attempt_id)
