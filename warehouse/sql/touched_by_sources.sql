select attempts.attempt_id
from attempts
semi join (
    from prompts where problem_id in (select cast(problem_id as uuid) from incoming)
) as asked using (prompt_id)
