-- New attempts, those that they continue, and those that continue them, which may have come before them.
with
    added as (select distinct cast(attempt_id as uuid) as attempt_id from incoming)
from added
union
select attempts.parent_attempt_id
from attempts
semi join added using (attempt_id)
where attempts.parent_attempt_id is not null
union
select distinct trace_parts.attempt_id
from trace_parts
semi join added on added.attempt_id = trace_parts.part_id
