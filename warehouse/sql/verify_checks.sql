-- Answers and golds of the checks in `wanted`, all of attempts stored from $first_row to $last_row.
select
    wanted.place,
    wanted.verifier,
    substring(attempts.text, attempts.answer_begin + 1, attempts.answer_end - attempts.answer_begin) as answer,
    golds.gold
from wanted
join attempts on attempts.attempt_id = cast(wanted.attempt_id as uuid)
join prompts using (prompt_id)
join golds
    on golds.problem_id = prompts.problem_id
    and golds.verifier = wanted.verifier
    and golds.gold_version = wanted.gold_version
where attempts.rowid between $first_row and $last_row
order by wanted.place
