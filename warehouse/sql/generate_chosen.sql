-- The problems that a prompts run chose, and the prompt that asks each.
select prompts.problem_id, prompts.prompt_id
from run_prompts
join prompts using (prompt_id)
where run_prompts.run_id = $run_id
