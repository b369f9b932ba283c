-- Problems that a data set both trains and validates on.
select dataset_id, prompts.problem_id
from dataset_items
join prompts on prompts.prompt_id = dataset_items.training_prompt_id
group by dataset_id, prompts.problem_id
having count(distinct split) > 1
