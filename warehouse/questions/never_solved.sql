-- Which problems did no trace solve, and what did the traces answer instead of the reference?
-- $limit = 20: how many to show
with
    references_ as (
        select problem_id, arg_max(gold, gold_version) as gold
        from golds
        group by problem_id
    )
select
    any_value(traces.domain) as domain,
    count(*) as num_samples,
    any_value(references_.gold) as reference,
    list(distinct traces.extracted) as answers,
    any_value(traces.problem) as problem,
    traces.problem_id
from traces
left join references_ using (problem_id)
group by traces.problem_id
having count(*) filter (where traces.verdict = 'correct') = 0 and count(*) filter (where traces.verdict = 'wrong') > 0
order by num_samples desc, traces.problem_id
limit $limit
