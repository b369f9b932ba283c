-- Data sets whose positions are not 0 to num_items - 1, items without a data set, and items without trace or prompt.
select dataset_id, datasets.num_items as expected, count(position) as found, min(position) as first, max(position) as last
from datasets
full join dataset_items using (dataset_id)
group by dataset_id, datasets.num_items
having expected is null or found <> expected or first <> 0 or last <> expected - 1
union all
select dataset_id, null, null, position, position
from dataset_items
anti join attempts on attempts.attempt_id = dataset_items.attempt_id
union all
select dataset_id, null, null, position, position
from dataset_items
anti join prompts on prompts.prompt_id = dataset_items.training_prompt_id
