create view pass_rate_by_problem as
select
    traces.problem_id,
    traces.source,
    traces.domain,
    traces.model,
    traces.model_id,
    traces.sampling_id,
    count(*) as num_samples,
    count(*) filter (where traces.verdict = 'correct') as num_correct,
    count(*) filter (where traces.verdict = 'wrong') as num_wrong,
    count(*) filter (where traces.verdict = 'undecided') as num_undecided,
    count(*) filter (where traces.verdict is null) as num_unchecked,
    bool_or(attempts.stopping_rule is not null) as adaptive,
    case
        when not bool_or(attempts.stopping_rule is not null)
            then num_correct / nullif(num_correct + num_wrong, 0)
    end as pass_rate
from traces
join attempts on attempts.attempt_id = traces.attempt_id
group by all;
comment on view pass_rate_by_problem is 'One row a problem, a model that wrote traces for it and the sampling that it used [problem_id, model_id, sampling_id].';
comment on column pass_rate_by_problem.pass_rate is 'num_correct / (num_correct + num_wrong); null where nothing was decided, and where sampling was adaptive.';
comment on column pass_rate_by_problem.adaptive is 'The number of samples depended on the verdicts, so that their share of correct ones is biased.';
