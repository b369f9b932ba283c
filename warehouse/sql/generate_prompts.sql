-- The prompts that a prompts run chose whose problems one of $sources holds, in their order.
select run_prompts.prompt_id, prompts.messages
from run_prompts
join prompts using (prompt_id)
where run_prompts.run_id = $run_id
    and prompts.problem_id in (select problem_id from problem_sources where source in (select unnest($sources)))
order by run_prompts.position, run_prompts.prompt_id
