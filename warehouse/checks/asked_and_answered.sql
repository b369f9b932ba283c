-- Attempts that a finished run asked for and that are neither there nor recorded as failures.
select run_id, attempt_id
from run_attempts
semi join (from runs where status = 'finished') as finished using (run_id)
anti join attempts using (attempt_id)
anti join failures using (attempt_id)
