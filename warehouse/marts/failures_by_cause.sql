create view failures_by_cause as
with
    tried as (
        select
            tries.run_id,
            tries.cause,
            count(*) as num_tries,
            count(distinct tries.attempt_id) as num_requests,
            count(distinct tries.attempt_id) filter (where attempts.attempt_id is not null) as num_answered_later,
            cast(sum(tries.completion_tokens) as bigint) as completion_tokens,
            min(tries.started) as first_seen,
            max(tries.started) as last_seen,
            mode(tries.message) as message
        from tries
        left join attempts using (attempt_id)
        group by tries.run_id, tries.cause
    ),
    given_up as (
        select
            run_id,
            cause,
            count(distinct attempt_id) as num_given_up,
            min(recorded) as first_seen,
            max(recorded) as last_seen,
            mode(nullif(message, '')) as message
        from failures
        group by run_id, cause
    )
select
    run_id,
    runs.recipe->>'name' as recipe,
    runs.stage,
    cause,
    coalesce(tried.num_tries, 0) as num_tries,
    coalesce(tried.num_requests, 0) as num_requests,
    coalesce(tried.num_answered_later, 0) as num_answered_later,
    coalesce(given_up.num_given_up, 0) as num_given_up,
    tried.completion_tokens,
    least(tried.first_seen, given_up.first_seen) as first_seen,
    greatest(tried.last_seen, given_up.last_seen) as last_seen,
    coalesce(given_up.message, tried.message) as message
from tried
full join given_up using (run_id, cause)
join runs using (run_id)
order by runs.started, run_id, num_given_up desc, num_tries desc, cause;
comment on view failures_by_cause is 'One row a run and a cause [run_id, cause] of requests that brought nothing to keep, those that were answered later included.';
comment on column failures_by_cause.recipe is 'Name of the recipe.';
comment on column failures_by_cause.num_tries is 'Requests that were sent and asked again, or lost; a request that can only fail is not among them.';
comment on column failures_by_cause.num_requests is 'Different attempts that those were for.';
comment on column failures_by_cause.num_answered_later is 'Of num_requests.';
comment on column failures_by_cause.num_given_up is 'Attempts whose last try failed so.';
comment on column failures_by_cause.completion_tokens is 'Paid for nothing, as far as servers told; null where none did.';
comment on column failures_by_cause.first_seen is 'When it happened first.';
comment on column failures_by_cause.last_seen is 'When it happened last.';
comment on column failures_by_cause.message is 'The commonest, of those given up where there are any.';
