-- Responses of evaluations, counted by problem; those that failed are not there and count as nothing.
select
    items.evaluation_id,
    items.problem_id,
    count(*) as num_responses,
    count(*) filter (where verdicts.decision = 'correct') as num_correct,
    count(*) filter (where coalesce(verdicts.decision, 'undecided') = 'undecided') as num_undecided,
    count(*) filter (where attempts.outcome = 'length') as num_truncated,
    sum(attempts.completion_tokens) as completion_tokens,
    list_sort(
        list(distinct verdicts.verifier || ' ' || verdicts.verifier_version)
            filter (where verdicts.verifier is not null)
    ) as verifiers
from evaluation_items as items
join attempts using (attempt_id)
left join current_verdicts as verdicts using (attempt_id)
where items.evaluation_id in (select unnest($evaluation_ids))
group by items.evaluation_id, items.problem_id
order by items.evaluation_id, items.problem_id
