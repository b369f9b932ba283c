create view attempts_all as
select
    attempts.attempt_id,
    attempts.stream,
    attempts.sample_index,
    prompts.problem_id,
    attempts.prompt_id,
    first_sources.source,
    first_sources.domain,
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
    current_verdicts.decision as verdict,
    current_verdicts.score,
    current_verdicts.extracted,
    current_verdicts.verifier,
    current_verdicts.reason as verdict_reason,
    attempts.latency_sec,
    attempts.server,
    attempts.started,
    attempts.finished
from attempts
join current_verdicts on current_verdicts.attempt_id = attempts.attempt_id
left join prompts on prompts.prompt_id = attempts.prompt_id
left join problems on problems.problem_id = prompts.problem_id
left join first_sources on first_sources.problem_id = prompts.problem_id
left join models on models.model_id = attempts.model_id;
comment on view attempts_all is 'One row an attempt of any stream [attempt_id], with its problem, prompt, model and current verdict.';
comment on column attempts_all.source is 'Of problems that several sources hold, the first by name.';
comment on column attempts_all.prompt is 'The last user message.';
comment on column attempts_all.text is 'Reasoning followed by content, as received.';
comment on column attempts_all.reasoning is 'Part of text; null where the response has none.';
comment on column attempts_all.verdict is 'correct | wrong | undecided; null: unchecked.';
comment on column attempts_all.latency_sec is 'Seconds from request to whole response.';
