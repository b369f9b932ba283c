-- The training set that a dataset run chose for an arm; the newest, if it chose again after more traces came.
select arms.dataset_id, datasets.num_items
from dataset_arms as arms
join datasets using (dataset_id)
where arms.run_id = $run_id and arms.arm = $arm
order by datasets.created desc
limit 1
