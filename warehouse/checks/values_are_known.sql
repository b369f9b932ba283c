-- Values outside the lists that the columns' comments name.
select 'attempts.outcome' as what, outcome as value, attempt_id as id
from attempts
where outcome not in ('ok', 'length', 'refused')
union all
select 'attempts.shape', shape, attempt_id
from attempts
where shape not in ('field', 'tags', 'open_tag_in_prompt', 'none')
union all
select 'verdicts.decision', decision, attempt_id
from verdicts
where decision not in ('correct', 'wrong', 'undecided')
union all
select 'verdicts.score', cast(score as varchar), attempt_id
from verdicts
where not score between 0 and 1
union all
select 'dataset_items.split', split, attempt_id
from dataset_items
where split not in ('train', 'validation')
union all
select 'evaluation_roles.role', role, evaluation_id
from evaluation_roles
where role not in ('teacher', 'base', 'student')
union all
select 'runs.status', status, run_id
from runs
where status not in ('running', 'finished', 'failed', 'interrupted')
