-- How many prompts a prompts run chose.
select count(*) as num_prompts
from run_prompts
where run_id = $run_id
