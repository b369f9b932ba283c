-- Training sets by the arms that chose them, the newest first.
select
    cast(dataset_arms.dataset_id as varchar) as dataset_id,
    dataset_arms.arm,
    runs.recipe->>'name' as recipe,
    datasets.num_items
from dataset_arms
join datasets using (dataset_id)
join runs using (run_id)
order by runs.started desc, dataset_arms.dataset_id
