-- One attempt with everything that is read of it, by $attempt_id.
select
    attempts_all.attempt_id,
    attempts_all.stream,
    attempts_all.problem,
    prompts.messages,
    attempts_all.reasoning,
    attempts_all.answer,
    attempts_all.model,
    attempts_all.outcome,
    attempts_all.completion_tokens,
    attempts_all.verdict,
    attempts_all.finished
from attempts_all
left join prompts using (prompt_id)
where attempts_all.attempt_id = $attempt_id
