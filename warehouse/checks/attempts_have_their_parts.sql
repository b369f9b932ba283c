-- Attempts whose prompt, model or sampling is not there.
select attempt_id, prompt_id, model_id, sampling_id
from attempts
anti join (
    select attempt_id
    from attempts
    semi join prompts on prompts.prompt_id = attempts.prompt_id
    semi join models on models.model_id = attempts.model_id
    left join samplings on samplings.sampling_id = attempts.sampling_id
    where attempts.sampling_id is null or samplings.sampling_id is not null
) as whole using (attempt_id)
