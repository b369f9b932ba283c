-- What are the training sets made of: which sources, licences and teachers?
select
    dataset_arms.arm,
    runs.recipe->>'name' as recipe,
    dataset_items.split,
    first_sources.source,
    first_sources.domain,
    first_sources.licence,
    models.name as teacher,
    count(*) as num_traces,
    sum(attempts.completion_tokens) as tokens,
    dataset_arms.dataset_id
from dataset_arms
join runs using (run_id)
join dataset_items using (dataset_id)
join attempts using (attempt_id)
join prompts using (prompt_id)
left join first_sources using (problem_id)
left join models using (model_id)
group by all
order by recipe, arm, split, num_traces desc
