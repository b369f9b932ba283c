-- Rows that name a run that is not there.
select 'run_prompts' as relation, run_id from run_prompts anti join runs using (run_id)
union all
select 'run_attempts', run_id from run_attempts anti join runs using (run_id)
union all
select 'run_filters', run_id from run_filters anti join runs using (run_id)
union all
select 'run_verifiers', run_id from run_verifiers anti join runs using (run_id)
union all
select 'failures', run_id from failures anti join runs using (run_id)
union all
select 'dataset_arms', run_id from dataset_arms anti join runs using (run_id)
union all
select 'checkpoints', run_id from checkpoints anti join runs using (run_id)
union all
select 'evaluation_roles', run_id from evaluation_roles anti join runs using (run_id)
union all
select 'comparisons', run_id from comparisons anti join runs using (run_id)
union all
select 'tries', run_id from tries anti join runs using (run_id)
union all
select 'sampling_sessions', run_id from sampling_sessions anti join runs using (run_id)
union all
select 'attempts', run_id from attempts anti join runs using (run_id) where run_id is not null
