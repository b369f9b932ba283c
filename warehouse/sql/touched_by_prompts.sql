select attempt_id
from attempts
where prompt_id in (select cast(prompt_id as uuid) from incoming)
