create view attempts_all as
select
    attempts.attempt_id,
    attempts.stream,
    attempts.sample_index,
    attempt_states.problem_id,
    attempts.prompt_id,
    attempt_states.source,
    attempt_states.domain,
    prompts.wording,
    models.name as model,
    attempts.model_id,
    attempts.sampling_id,
    problems.text as problem,
    list_filter(
        from_json(prompts.messages, '[{"role": "varchar", "content": "varchar"}]'),
        lambda message: message.role = 'user'
    )[-1].content as prompt,
    attempts.text,
    attempts.shape,
    substring(
        attempts.text, attempts.reasoning_begin + 1, attempts.reasoning_end - attempts.reasoning_begin
    ) as reasoning,
    substring(
        attempts.text, attempts.answer_begin + 1, attempts.answer_end - attempts.answer_begin
    ) as answer,
    attempts.outcome,
    attempts.finish_reason,
    attempts.prompt_tokens,
    attempts.completion_tokens,
    attempt_states.decision as verdict,
    attempt_states.score,
    attempt_states.extracted,
    attempt_states.verifier,
    attempt_states.reason as verdict_reason,
    attempt_states.keep,
    attempt_states.failed_filters,
    attempts.latency_sec,
    attempts.server,
    attempts.started,
    attempts.finished,
    attempt_states.is_trace
from full_traces as attempts
join attempt_states on attempt_states.attempt_id = attempts.attempt_id
left join prompts on prompts.prompt_id = attempts.prompt_id
left join problems on problems.problem_id = prompts.problem_id
left join models on models.model_id = attempts.model_id;
comment on view attempts_all is 'One row an attempt of any stream [attempt_id], with its problem, prompt, model and current verdict.';
comment on column attempts_all.model is 'Name of the model that answered.';
comment on column attempts_all.problem is 'Its text.';
comment on column attempts_all.prompt is 'The last user message.';
comment on column attempts_all.reasoning is 'Part of text; null where the response has none.';
comment on column attempts_all.answer is 'Part of text; null where the response has none.';
comment on column attempts_all.verdict is 'correct | wrong | undecided; null: unchecked.';
comment on column attempts_all.verdict_reason is 'Why, in a few words.';
