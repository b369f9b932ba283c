-- Problems that a student was trained on and is evaluated on.
select distinct lineage.weights_id, lineage.evaluation_id, lineage.problem_id
from lineage
join evaluation_items using (evaluation_id, problem_id)
where lineage.split = 'train'
