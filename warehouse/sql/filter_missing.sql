-- How many rulings of filter run $run_id on the traces of run $asking_run are missing.
select count(*) as num_missing
from attempts
semi join (from run_attempts where run_id = $asking_run) as wanted using (attempt_id)
cross join (from run_filters where run_id = $run_id) as rules
anti join filter_results
    on filter_results.attempt_id = attempts.attempt_id
    and filter_results.filter = rules.filter
    and filter_results.version = rules.version
    and filter_results.config_hash = rules.config_hash
