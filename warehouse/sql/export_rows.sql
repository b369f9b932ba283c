-- The answered traces of a training set in its order, each with its prompt, its source and its teacher. Of several sources
-- of a problem the one counts that the recipe of the run that first chose the set names first: what is added to the
-- warehouse later changes nothing.
with
    items as (
        select * from dataset_items where dataset_id = $dataset_id
    ),
    first_run as (
        select runs.recipe->>'$.prompts[*].name' as names
        from dataset_arms
        join runs using (run_id)
        where dataset_arms.dataset_id = $dataset_id
        order by runs.started, runs.run_id
        limit 1
    ),
    sources as (
        select
            problem_id,
            arg_min(
                struct_pack(source, domain, licence, revision),
                (coalesce(nullif(list_position(first_run.names, source), 0), 2147483647), source, source_row)
            ) as origin
        from problem_sources
        cross join first_run
        group by problem_id
    )
select
    items.split,
    attempts.attempt_id as id,
    prompts.problem_id,
    sources.origin.source as source,
    sources.origin.domain as domain,
    sources.origin.licence as licence,
    sources.origin.revision as revision,
    models.name as teacher,
    models.revision as teacher_revision,
    models.licence as teacher_licence,
    items.weight,
    prompts.messages,
    attempts.outcome,
    substring(attempts.text, attempts.reasoning_begin + 1, attempts.reasoning_end - attempts.reasoning_begin)
        as reasoning,
    substring(attempts.text, attempts.answer_begin + 1, attempts.answer_end - attempts.answer_begin) as answer
from items
join full_traces as attempts using (attempt_id)
join prompts on prompts.prompt_id = items.training_prompt_id
left join sources on sources.problem_id = prompts.problem_id
left join models on models.model_id = attempts.model_id
order by items.position
