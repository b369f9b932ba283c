-- Which base, data set, teacher and runs stand behind each score of a student?
select
    lineage.model as student,
    lineage.benchmark,
    any_value(lineage.base_weights_id) as base_weights,
    any_value(lineage.dataset_id) as dataset_id,
    list(distinct lineage.teacher) as teachers,
    count(*) as num_traces,
    count(distinct lineage.problem_id) as num_problems,
    any_value(lineage.sft_run_id) as sft_run
from lineage
group by lineage.evaluation_id, lineage.model, lineage.benchmark
order by student, benchmark
