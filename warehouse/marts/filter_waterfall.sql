create view filter_waterfall as
with
    newest as (
        from recipe_runs
        where stage = 'filter'
        qualify row_number() over (partition by recipe order by started desc, run_id) = 1
    ),
    asked as (
        select distinct newest.run_id, run_attempts.attempt_id
        from newest
        join recipe_runs as asking using (recipe_id)
        join run_attempts on run_attempts.run_id = asking.run_id
        where asking.stage <> 'eval'
    ),
    rules as (
        select newest.recipe, run_filters.*
        from newest
        join run_filters using (run_id)
    ),
    judged as (
        select rules.run_id, rules.position, asked.attempt_id, filter_results.keep
        from asked
        join rules using (run_id)
        join filter_results
            on filter_results.attempt_id = asked.attempt_id
            and filter_results.filter = rules.filter
            and filter_results.version = rules.version
            and filter_results.config_hash = rules.config_hash
    ),
    by_rule as (
        select run_id, position, count(*) as num_seen, count(*) filter (where not keep) as num_dropped
        from judged
        group by run_id, position
    ),
    dropped as (
        select run_id, attempt_id, min(position) as position, count(*) as num_rules
        from judged
        where not keep
        group by run_id, attempt_id
    ),
    by_first_rule as (
        select
            run_id,
            position,
            count(*) as num_dropped_first,
            count(*) filter (where num_rules = 1) as num_dropped_only
        from dropped
        group by run_id, position
    )
select
    rules.run_id,
    rules.recipe,
    rules.position,
    rules.filter,
    rules.version,
    coalesce(by_rule.num_seen, 0) as num_seen,
    coalesce(by_rule.num_dropped, 0) as num_dropped,
    coalesce(by_first_rule.num_dropped_first, 0) as num_dropped_first,
    coalesce(by_first_rule.num_dropped_only, 0) as num_dropped_only
from rules
left join by_rule using (run_id, position)
left join by_first_rule using (run_id, position)
order by rules.recipe, rules.position;
comment on view filter_waterfall is 'One row a rule of the newest filter run of each recipe [run_id, position]; counts are traces.';
comment on column filter_waterfall.num_seen is 'Traces that the rule judged; every rule judges every trace.';
comment on column filter_waterfall.num_dropped_first is 'Dropped by this rule and by none before it: they add up to the loss of all rules together.';
comment on column filter_waterfall.num_dropped_only is 'Dropped by this rule alone: what would come back without it.';
