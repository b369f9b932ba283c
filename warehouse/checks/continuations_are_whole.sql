-- Continuations of attempts that are not there, that were asked something else, or that were not cut.
select trace_parts.attempt_id, trace_parts.part_id
from trace_parts
anti join attempts on attempts.attempt_id = trace_parts.part_id
union all
select continuations.attempt_id, parents.attempt_id
from attempts as continuations
join attempts as parents on parents.attempt_id = continuations.parent_attempt_id
where continuations.prompt_id <> parents.prompt_id or continuations.model_id <> parents.model_id or parents.outcome <> 'length'
