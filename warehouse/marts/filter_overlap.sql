create view filter_overlap as
with
    rules as (
        select run_filters.*, filter_waterfall.recipe, cast(1 as hugeint) << run_filters.position as bit
        from run_filters
        join filter_waterfall using (run_id, position)
    ),
    outcomes as (
        select run_id, dropped, count(*) as num_traces
        from filter_outcomes
        where dropped > 0
        group by run_id, dropped
    )
select
    rules.run_id,
    rules.recipe,
    rules.position,
    rules.filter,
    others.position as other_position,
    others.filter as other_filter,
    cast(coalesce(sum(num_traces) filter (where (dropped & rules.bit) > 0 and (dropped & others.bit) > 0), 0) as bigint)
        as num_dropped_by_both,
    cast(coalesce(sum(num_traces) filter (where (dropped & rules.bit) > 0), 0) as bigint) as num_dropped,
    num_dropped_by_both / nullif(num_dropped, 0) as share
from rules
join rules as others on others.run_id = rules.run_id and others.position <> rules.position
left join outcomes on outcomes.run_id = rules.run_id
group by all
order by rules.recipe, rules.position, others.position;
comment on view filter_overlap is 'One row a pair of rules of the newest filter run of each recipe [run_id, position, other_position]; counts are traces.';
comment on column filter_overlap.other_position is 'Of the other rule.';
comment on column filter_overlap.other_filter is 'Its name.';
comment on column filter_overlap.num_dropped_by_both is 'Traces that both rules dropped.';
comment on column filter_overlap.num_dropped is 'Traces that the first rule dropped.';
comment on column filter_overlap.share is 'num_dropped_by_both / num_dropped; null where the rule dropped none. Near 1: the other rule makes it needless.';
