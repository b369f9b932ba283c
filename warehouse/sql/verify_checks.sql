-- Answers and golds of some checks, all of attempts stored from $first_row to $last_row.
with
    asked as (
        select
            unnest($attempt_ids) as attempt_id,
            unnest($verifiers) as verifier,
            unnest($gold_versions) as gold_version
    )
select
    attempts.attempt_id,
    golds.verifier,
    substring(attempts.text, attempts.answer_begin + 1, attempts.answer_end - attempts.answer_begin) as answer,
    golds.gold
from asked
join full_traces as attempts using (attempt_id)
join prompts using (prompt_id)
join golds
    on golds.problem_id = prompts.problem_id
    and golds.verifier = asked.verifier
    and golds.gold_version = asked.gold_version
where attempts.attempt_row between $first_row and $last_row
order by attempts.attempt_row
