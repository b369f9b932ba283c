-- Attempts with no row in current_verdicts, or with several.
select attempts.attempt_id, count(current_verdicts.attempt_id) as num_rows
from attempts
left join current_verdicts on current_verdicts.attempt_id = attempts.attempt_id
group by attempts.attempt_id
having num_rows <> 1
