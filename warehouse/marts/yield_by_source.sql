create view yield_by_source as
with
    failed as (
        select distinct attempt_id, prompt_id, model_id
        from failures
        anti join attempts using (attempt_id)
        where regexp_matches(stream, '^(datagen|import)(/|$)')
    ),
    requests as (
        select source, domain, model_id, problem_id, outcome, decision as verdict, keep, completion_tokens
        from attempt_states
        where is_trace
        union all by name
        select source, domain, model_id, problem_id, 'failed' as outcome
        from failed
        left join prompts using (prompt_id)
        left join first_sources using (problem_id)
    ),
    counts as (
        select
            source,
            domain,
            models.name as model,
            count(distinct problem_id) as num_problems,
            count(*) filter (where outcome <> 'failed') as num_traces,
            count(*) filter (where outcome = 'failed') as num_failed,
            count(*) filter (where outcome = 'length') as num_truncated,
            count(*) filter (where verdict = 'correct') as num_correct,
            count(*) filter (where verdict = 'wrong') as num_wrong,
            count(*) filter (where verdict = 'undecided') as num_undecided,
            count(*) filter (where outcome <> 'failed' and verdict is null) as num_unchecked,
            count(*) filter (where keep) as num_kept,
            count(*) filter (where keep and verdict = 'correct') as num_accepted,
            avg(completion_tokens) as mean_completion_tokens
        from requests
        left join models using (model_id)
        group by source, domain, models.name
    ),
    rates as (
        select
            *,
            num_correct / nullif(num_traces, 0) as correct_rate,
            3.8416 / nullif(num_traces, 0) as z2_by_n
        from counts
    )
select
    * exclude (z2_by_n),
    (correct_rate + z2_by_n / 2
        - sqrt(z2_by_n * (correct_rate * (1 - correct_rate) + z2_by_n / 4))) / (1 + z2_by_n)
        as correct_rate_low,
    (correct_rate + z2_by_n / 2
        + sqrt(z2_by_n * (correct_rate * (1 - correct_rate) + z2_by_n / 4))) / (1 + z2_by_n)
        as correct_rate_high
from rates
order by source, domain, model;
comment on view yield_by_source is 'One row a source, its domain and a model that wrote traces for it [source, domain, model]; counts are traces.';
comment on column yield_by_source.num_failed is 'Requests that became no attempt; not among num_traces.';
comment on column yield_by_source.num_kept is 'Traces that pass every rule of their filter run.';
comment on column yield_by_source.num_accepted is 'Traces that are correct and kept.';
comment on column yield_by_source.correct_rate is 'num_correct / num_traces: what was not decided or not checked counts as not correct.';
comment on column yield_by_source.correct_rate_low is 'Wilson interval at 95%, z = 1.96; traces taken as independent, so too narrow where a problem has many.';
comment on column yield_by_source.model is 'Name of the model that wrote them.';
comment on column yield_by_source.num_problems is 'Problems that were asked.';
comment on column yield_by_source.num_traces is 'Responses that came.';
comment on column yield_by_source.num_truncated is 'That reached max_tokens.';
comment on column yield_by_source.num_correct is 'Whose verdict is correct.';
comment on column yield_by_source.num_wrong is 'Whose verdict is wrong.';
comment on column yield_by_source.num_undecided is 'That no verifier decided.';
comment on column yield_by_source.num_unchecked is 'That nothing has checked, for want of a gold or so far.';
comment on column yield_by_source.mean_completion_tokens is 'Tokens a trace, where they were counted.';
comment on column yield_by_source.correct_rate_high is 'Upper end of the Wilson interval.';
