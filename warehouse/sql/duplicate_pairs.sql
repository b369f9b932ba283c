-- Traces of run $asking_run whose key in $column another one has too, each with the first that has it.
with
    alike as (
        select attempt_id, keys[$column] as key
        from text_keys
        semi join (from run_attempts where run_id = $asking_run) as wanted using (attempt_id)
        where config_hash = $config_hash
    ),
    shared as (
        select key
        from alike
        where key is not null
        group by key
        having count(*) > 1
    )
select min(attempt_id) over (partition by key) as first_id, attempt_id
from alike
semi join shared using (key)
