create view pass_rate_by_problem as
select
    traces.problem_id,
    traces.source,
    traces.domain,
    models.name as model,
    traces.model_id,
    traces.sampling_id,
    count(*) as num_samples,
    count(*) filter (where traces.decision = 'correct') as num_correct,
    count(*) filter (where traces.decision = 'wrong') as num_wrong,
    count(*) filter (where traces.decision = 'undecided') as num_undecided,
    count(*) filter (where traces.decision is null) as num_unchecked,
    bool_or(traces.stopping_rule is not null) as adaptive,
    case
        when not bool_or(traces.stopping_rule is not null)
            then num_correct / nullif(num_correct + num_wrong, 0)
    end as pass_rate
from attempt_states as traces
left join models on models.model_id = traces.model_id
where traces.is_trace
group by all;
comment on view pass_rate_by_problem is 'One row a problem, a model that wrote traces for it and the sampling that it used [problem_id, model_id, sampling_id].';
comment on column pass_rate_by_problem.pass_rate is 'num_correct / (num_correct + num_wrong); null where nothing was decided, and where sampling was adaptive.';
comment on column pass_rate_by_problem.adaptive is 'The number of samples depended on the verdicts, so that their share of correct ones is biased.';
comment on column pass_rate_by_problem.model is 'Name of the model that wrote them.';
comment on column pass_rate_by_problem.num_samples is 'Traces of the problem.';
comment on column pass_rate_by_problem.num_correct is 'Whose verdict is correct.';
comment on column pass_rate_by_problem.num_wrong is 'Whose verdict is wrong.';
comment on column pass_rate_by_problem.num_undecided is 'That no verifier decided.';
comment on column pass_rate_by_problem.num_unchecked is 'That nothing has checked, for want of a gold or so far.';
