-- Prompts and samplings whose id is not the hash of their canonical JSON.
select 'prompts' as relation, prompt_id as id
from prompts
where substring(sha256(cast(messages as varchar)), 1, 32) <> replace(cast(prompt_id as varchar), '-', '')
union all
select 'samplings' as relation, sampling_id as id
from samplings
where substring(sha256(cast(fields as varchar)), 1, 32) <> replace(cast(sampling_id as varchar), '-', '')
