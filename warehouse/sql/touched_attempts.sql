select distinct cast(attempt_id as uuid) as attempt_id from incoming
