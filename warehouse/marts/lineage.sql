create view lineage as
with
    asked as (
        select run_attempts.attempt_id, list(run_id order by runs.started, run_id) as run_ids
        from run_attempts
        semi join dataset_items using (attempt_id)
        join runs using (run_id)
        group by run_attempts.attempt_id
    ),
    arms as (
        select dataset_id, list(distinct run_id order by run_id) as run_ids
        from dataset_arms
        group by dataset_id
    )
select
    evaluations.evaluation_id,
    evaluations.benchmark,
    models.name as model,
    checkpoints.weights_id,
    checkpoints.base_weights_id,
    checkpoints.run_id as sft_run_id,
    checkpoints.dataset_id,
    arms.run_ids as dataset_run_ids,
    dataset_items.position,
    dataset_items.split,
    dataset_items.attempt_id as trace_id,
    dataset_items.training_prompt_id,
    attempts.prompt_id as trace_prompt_id,
    attempt_states.problem_id,
    attempt_states.source,
    teachers.name as teacher,
    asked.run_ids as trace_run_ids,
    attempt_states.filter_run_id
from evaluations
join models on models.model_id = evaluations.model_id
join checkpoints on checkpoints.weights_id = models.weights_id
join dataset_items on dataset_items.dataset_id = checkpoints.dataset_id
left join arms on arms.dataset_id = checkpoints.dataset_id
left join attempts on attempts.attempt_id = dataset_items.attempt_id
left join attempt_states on attempt_states.attempt_id = dataset_items.attempt_id
left join models as teachers on teachers.model_id = attempts.model_id
left join asked on asked.attempt_id = dataset_items.attempt_id;
comment on view lineage is 'One row a trace behind an evaluation of a student [evaluation_id, position]: from the evaluation (join evaluation_items for its answers) to the checkpoint, the data set, the trace, its prompt and the runs that asked for it.';
comment on column lineage.position is 'Of the trace in the data set.';
comment on column lineage.model is 'Name of the model that was evaluated.';
comment on column lineage.sft_run_id is 'The run that trained it.';
comment on column lineage.dataset_run_ids is 'The runs that chose the data set.';
comment on column lineage.trace_id is 'The attempt that it was trained on.';
comment on column lineage.trace_prompt_id is 'The prompt that the teacher was given.';
comment on column lineage.teacher is 'Name of the model that wrote the trace.';
comment on column lineage.trace_run_ids is 'The runs that asked for the trace, the first to start first.';
