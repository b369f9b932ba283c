-- What each rule of filter run $run_id drops of the traces of run $asking_run: in all, first in the order of the rules, and alone;
-- what is left after it, and its commonest reason.
with
    asked as (
        from attempts semi join (from run_attempts where run_id = $asking_run) as wanted using (attempt_id)
    ),
    rulings as (
        select run_filters.position, filter_results.*
        from run_filters
        join filter_results using (filter, version, config_hash)
        semi join asked on asked.attempt_id = filter_results.attempt_id
        where run_filters.run_id = $run_id
    ),
    dropped as (
        select
            *,
            position = min(position) over (partition by attempt_id) as is_first,
            count(*) over (partition by attempt_id) = 1 as is_only
        from rulings
        where not keep
    ),
    by_rule as (
        select
            run_filters.position,
            run_filters.filter,
            count(dropped.attempt_id) as num_dropped,
            count(*) filter (where dropped.is_first) as num_dropped_first,
            count(*) filter (where dropped.is_only) as num_dropped_only,
            coalesce(mode(dropped.reason), '') as top_reason
        from run_filters
        left join dropped using (position)
        where run_filters.run_id = $run_id
        group by run_filters.position, run_filters.filter
    )
select
    filter,
    num_dropped,
    num_dropped_first,
    num_dropped_only,
    (select count(*) from asked) - sum(num_dropped_first) over (order by position) as num_left,
    top_reason
from by_rule
order by position
