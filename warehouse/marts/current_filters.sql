create view current_filters as
with
    covered as (
        select run_attempts.attempt_id, arg_max(filtering.run_id, (filtering.started, filtering.run_id)) as run_id
        from recipe_runs as filtering
        join recipe_runs as asking using (recipe_id)
        join run_attempts on run_attempts.run_id = asking.run_id
        where filtering.stage = 'filter' and asking.stage <> 'eval'
        group by run_attempts.attempt_id
    ),
    judged as (
        select
            covered.attempt_id,
            covered.run_id,
            run_filters.position,
            run_filters.filter,
            filter_results.keep
        from covered
        left join run_filters using (run_id)
        left join filter_results
            on filter_results.attempt_id = covered.attempt_id
            and filter_results.filter = run_filters.filter
            and filter_results.version = run_filters.version
            and filter_results.config_hash = run_filters.config_hash
    )
select
    attempt_id,
    run_id,
    case
        when count(*) filter (where not keep) > 0 then false
        when count(*) filter (where filter is not null and keep is null) = 0 then true
    end as keep,
    coalesce(list(filter order by position) filter (where not keep), []) as failed_filters
from judged
group by attempt_id, run_id;
comment on view current_filters is 'One row a trace that a filter run covers [attempt_id], by the newest filter run on a recipe that asked for it.';
comment on column current_filters.keep is 'Whether it passes every rule of that run; null while a rule has not judged it and none has dropped it.';
comment on column current_filters.run_id is 'The filter run.';
