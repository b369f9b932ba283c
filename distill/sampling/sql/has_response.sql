select 1
from responses
where attempt_id = ? and rejected is null
