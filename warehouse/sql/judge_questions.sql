-- What a judge is to be asked: problem, reference and answer of each of $attempt_ids, at $gold_versions.
with
    asked as (select unnest($attempt_ids) as attempt_id, unnest($gold_versions) as gold_version)
select
    attempts.attempt_id,
    prompts.problem_id,
    problems.text as problem,
    golds.gold ->> '$.answer' as reference,
    substring(attempts.text, attempts.answer_begin + 1, attempts.answer_end - attempts.answer_begin) as answer
from asked
join full_traces as attempts using (attempt_id)
join prompts on prompts.prompt_id = attempts.prompt_id
join problems on problems.problem_id = prompts.problem_id
join golds
    on golds.problem_id = prompts.problem_id
    and golds.verifier = 'judge'
    and golds.gold_version = asked.gold_version
order by attempts.attempt_id
