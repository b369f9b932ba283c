select problem, reasoning, answer, verdict
from traces
where attempt_id = $attempt_id
