-- Marts whose rows add up to another number of attempts than the facts hold.
with
    continued as (select parent_attempt_id as attempt_id from attempts where parent_attempt_id is not null),
    traces_of_facts as (
        from attempts
        anti join continued using (attempt_id)
        where regexp_matches(stream, '^(datagen|import)(/|$)')
    ),
    counts as (
        select 'full_traces' as mart, (select count(*) from full_traces) as found, (select count(*) from attempts) as expected
        union all
        select 'attempts_all', (select count(*) from attempts_all), (select count(*) from attempts)
        union all
        select 'traces', (select count(*) from traces), (select count(*) from traces_of_facts)
        union all
        select 'yield_by_source', (select sum(num_traces) from yield_by_source), (select count(*) from traces_of_facts)
        union all
        select
            'pass_rate_by_problem',
            (select sum(num_samples) from pass_rate_by_problem),
            (select count(*) from traces_of_facts)
        union all
        select
            'length_histogram',
            (select sum(num_traces) from length_histogram),
            (select count(*) from traces where completion_tokens is not null)
        union all
        select
            'throughput',
            (select sum(num_responses) from throughput),
            (select count(*) from attempts where finished is not null)
        union all
        select
            'cost',
            (select sum(num_responses) from cost),
            (select count(*) from attempts semi join runs using (run_id))
    )
select mart, coalesce(found, 0) as found, expected
from counts
where coalesce(found, 0) <> expected
