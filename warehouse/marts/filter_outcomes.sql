create table filter_outcomes as
with
    covered as (
        select distinct run_attempts.attempt_id, filtering.run_id
        from run_attempts
        semi join touched using (attempt_id)
        join recipe_runs as asking on asking.run_id = run_attempts.run_id
        join recipe_runs as filtering on filtering.recipe_id = asking.recipe_id
        where filtering.stage = 'filter' and asking.stage <> 'eval'
    ),
    rulings as (
        select attempt_id, filter, version, config_hash, keep
        from filter_results
        semi join touched using (attempt_id)
    ),
    judged as (
        select covered.run_id, covered.attempt_id, run_filters.position, run_filters.filter, rulings.keep
        from covered
        join run_filters on run_filters.run_id = covered.run_id
        join rulings
            on rulings.attempt_id = covered.attempt_id
            and rulings.filter = run_filters.filter
            and rulings.version = run_filters.version
            and rulings.config_hash = run_filters.config_hash
    )
select
    run_id,
    attempt_id,
    bit_or(cast(1 as hugeint) << position) as judged,
    coalesce(bit_or(cast(1 as hugeint) << position) filter (where not keep), 0) as dropped,
    coalesce(list(filter order by position) filter (where not keep), []) as failed_filters
from judged
group by run_id, attempt_id;
comment on table filter_outcomes is 'One row a trace that a filter run covers and has judged [run_id, attempt_id]; derived from filter_results, kept up by every insert.';
comment on column filter_outcomes.run_id is 'The filter run.';
comment on column filter_outcomes.attempt_id is 'The trace.';
comment on column filter_outcomes.judged is 'Bit n, of value 2^n, is set where the rule at position n has ruled.';
comment on column filter_outcomes.dropped is 'Bit n, of value 2^n, is set where the rule at position n dropped the trace.';
comment on column filter_outcomes.failed_filters is 'The rules that dropped it, in order.';
