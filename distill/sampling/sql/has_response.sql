select attempt_id
from responses
where rejected is null and attempt_id in (values (?))
