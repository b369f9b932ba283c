-- What judges wrote: of each of $attempt_ids its outcome and the answer, reasoning left out.
select
    attempts.attempt_id,
    attempts.outcome,
    substring(attempts.text, attempts.answer_begin + 1, attempts.answer_end - attempts.answer_begin) as answer
from attempts
semi join (select unnest($attempt_ids) as attempt_id) as asked using (attempt_id)
