-- Answers and golds of some checks, all of attempts stored from $first_row to $last_row.
with
    stored as (
        select rowid as attempt_row, *
        from attempts
        where parent_attempt_id is null
        union all by name
        select attempts.rowid as attempt_row, continued_traces.*
        from continued_traces
        join attempts using (attempt_id)
        where $with_continued  -- else it would read the texts of all that is continued
    ),
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
join stored as attempts using (attempt_id)
join prompts using (prompt_id)
join golds
    on golds.problem_id = prompts.problem_id
    and golds.verifier = asked.verifier
    and golds.gold_version = asked.gold_version
where attempts.attempt_row between $first_row and $last_row
order by attempts.attempt_row
