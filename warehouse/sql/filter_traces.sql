-- What filters see of $attempt_ids, all stored from $first_row to $last_row.
select
    attempts.attempt_id,
    attempts.text,
    attempts.shape,
    substring(
        attempts.text, attempts.reasoning_begin + 1, attempts.reasoning_end - attempts.reasoning_begin
    ) as reasoning,
    substring(attempts.text, attempts.answer_begin + 1, attempts.answer_end - attempts.answer_begin) as answer,
    attempts.outcome,
    attempts.completion_tokens
from attempts
semi join (select unnest($attempt_ids) as attempt_id) as asked using (attempt_id)
where attempts.rowid between $first_row and $last_row
order by attempts.rowid
