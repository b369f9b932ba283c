create view filter_waterfall as
with
    newest as (
        from recipe_runs
        where stage = 'filter'
        qualify row_number() over (partition by recipe order by started desc, run_id) = 1
    ),
    rules as (
        select newest.recipe, run_filters.*, cast(1 as hugeint) << run_filters.position as bit
        from newest
        join run_filters using (run_id)
    ),
    outcomes as (
        select run_id, judged, dropped, count(*) as num_traces
        from filter_outcomes
        group by run_id, judged, dropped
    ),
    by_rule as (
        select
            rules.run_id,
            rules.position,
            sum(num_traces) filter (where (judged & bit) > 0) as num_seen,
            sum(num_traces) filter (where (dropped & bit) > 0) as num_dropped,
            sum(num_traces) filter (where (dropped & (bit * 2 - 1)) = bit) as num_dropped_first,
            sum(num_traces) filter (where dropped = bit) as num_dropped_only
        from rules
        join outcomes using (run_id)
        group by rules.run_id, rules.position
    )
select
    rules.run_id,
    rules.recipe,
    rules.position,
    rules.filter,
    rules.version,
    cast(coalesce(by_rule.num_seen, 0) as bigint) as num_seen,
    cast(coalesce(by_rule.num_dropped, 0) as bigint) as num_dropped,
    cast(coalesce(by_rule.num_dropped_first, 0) as bigint) as num_dropped_first,
    cast(coalesce(by_rule.num_dropped_only, 0) as bigint) as num_dropped_only
from rules
left join by_rule using (run_id, position)
order by rules.recipe, rules.position;
comment on view filter_waterfall is 'One row a rule of the newest filter run of each recipe [run_id, position]; counts are traces.';
comment on column filter_waterfall.num_seen is 'Traces that the rule judged; every rule judges every trace.';
comment on column filter_waterfall.num_dropped_first is 'Dropped by this rule and by none before it: they add up to the loss of all rules together.';
comment on column filter_waterfall.num_dropped_only is 'Dropped by this rule alone: what would come back without it.';
comment on column filter_waterfall.num_dropped is 'Traces that the rule dropped.';
