create view pass_rate_by_problem as
with
    samples as (
        from attempt_states
        where is_trace
    ),
    wanted as (
        select problem_id, model_id, sampling_id, max(cast(stopping_rule->>'num_correct' as integer)) as num_wanted
        from samples
        where stopping_rule is not null
        group by problem_id, model_id, sampling_id
    ),
    decided as (
        select
            samples.problem_id,
            samples.model_id,
            samples.sampling_id,
            wanted.num_wanted,
            row_number() over one_by_one as num_seen,
            count(*) filter (where samples.decision = 'correct') over one_by_one as num_correct
        from wanted
        join samples using (problem_id, model_id, sampling_id)
        join attempts using (attempt_id)
        where samples.decision in ('correct', 'wrong')
        window one_by_one as (
            partition by samples.problem_id, samples.model_id, samples.sampling_id
            order by
                samples.stream,
                try_cast(split_part(attempts.sample_index, '+', 1) as integer),
                attempts.sample_index
            rows between unbounded preceding and current row
        )
    ),
    stops as (
        select problem_id, model_id, sampling_id, num_wanted, min(num_seen) as num_needed
        from decided
        where num_correct = num_wanted
        group by problem_id, model_id, sampling_id, num_wanted
    ),
    counts as (
        select
            problem_id,
            source,
            domain,
            model_id,
            sampling_id,
            count(*) as num_samples,
            count(*) filter (where decision = 'correct') as num_correct,
            count(*) filter (where decision = 'wrong') as num_wrong,
            count(*) filter (where decision = 'undecided') as num_undecided,
            count(*) filter (where decision is null) as num_unchecked,
            bool_or(stopping_rule is not null) as adaptive
        from samples
        group by problem_id, source, domain, model_id, sampling_id
    )
select
    counts.problem_id,
    counts.source,
    counts.domain,
    models.name as model,
    counts.model_id,
    counts.sampling_id,
    counts.num_samples,
    counts.num_correct,
    counts.num_wrong,
    counts.num_undecided,
    counts.num_unchecked,
    counts.adaptive,
    case
        when stops.num_needed is not null then 'inverse'
        when counts.num_correct + counts.num_wrong > 0 then 'share'
    end as estimator,
    case
        when stops.num_wanted = 1 then cast(stops.num_needed = 1 as double)
        when stops.num_needed is not null then (stops.num_wanted - 1) / (stops.num_needed - 1)
        else counts.num_correct / nullif(counts.num_correct + counts.num_wrong, 0)
    end as pass_rate
from counts
left join stops using (problem_id, model_id, sampling_id)
left join models on models.model_id = counts.model_id;
comment on view pass_rate_by_problem is 'One row a problem, a model that wrote traces for it and the sampling that it used [problem_id, model_id, sampling_id].';
comment on column pass_rate_by_problem.model is 'Name of the model that wrote them.';
comment on column pass_rate_by_problem.num_samples is 'Traces of the problem.';
comment on column pass_rate_by_problem.num_correct is 'Whose verdict is correct.';
comment on column pass_rate_by_problem.num_wrong is 'Whose verdict is wrong.';
comment on column pass_rate_by_problem.num_undecided is 'That no verifier decided.';
comment on column pass_rate_by_problem.num_unchecked is 'That nothing has checked, for want of a gold or so far.';
comment on column pass_rate_by_problem.adaptive is 'The number of samples depended on the verdicts: their share of correct ones would be biased.';
comment on column pass_rate_by_problem.estimator is 'share: num_correct / (num_correct + num_wrong), where the number of samples was fixed or the most allowed were taken; inverse: (m - 1) / (n - 1) where adaptive sampling stopped at its m-th correct one, n decided samples in the order of their index; for m = 1 that is 1 where the first was correct and else 0. Unbiased, after a token budget nearly so.';
comment on column pass_rate_by_problem.pass_rate is 'By that estimator; null where nothing was decided.';
