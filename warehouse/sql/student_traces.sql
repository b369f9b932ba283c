-- The traces of a training set in its order: the prompt that students are given, and the two parts of the response.
select
    items.attempt_id,
    items.split,
    items.weight,
    prompts.messages,
    attempts.outcome,
    substring(attempts.text, attempts.reasoning_begin + 1, attempts.reasoning_end - attempts.reasoning_begin)
        as reasoning,
    substring(attempts.text, attempts.answer_begin + 1, attempts.answer_end - attempts.answer_begin) as answer
from dataset_items as items
join full_traces as attempts using (attempt_id)
join prompts on prompts.prompt_id = items.training_prompt_id
where items.dataset_id = $dataset_id
order by items.position
