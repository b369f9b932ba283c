select distinct cast(attempt_id as uuid) as attempt_id from incoming
union
select attempts.parent_attempt_id
from attempts
semi join (select cast(attempt_id as uuid) as attempt_id from incoming) as added using (attempt_id)
where attempts.parent_attempt_id is not null
