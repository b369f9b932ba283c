-- The samples of $prompt_ids below $num_samples that are there, with the verdict that counts; null is one that can no
-- longer be read, and is not asked again.
with
    asked as (select unnest($prompt_ids) as prompt_id),
    found as (
        select
            attempt_id, prompt_id, sample_index, completion_tokens,
            coalesce(current_verdicts.decision, 'none') as decision
        from attempts
        semi join asked using (prompt_id)
        join current_verdicts using (attempt_id)
        where model_id = $model_id and sampling_id = $sampling_id and stream = $stream
        union all by name
        select distinct attempt_id, prompt_id, sample_index
        from failures
        semi join asked using (prompt_id)
        where
            model_id = $model_id and sampling_id = $sampling_id and stream = $stream
            and run_id = $run_id and cause = 'unreadable'
    )
select
    attempt_id, prompt_id, decision,
    cast(sample_index as integer) as sample_index,
    coalesce(completion_tokens, 0) as completion_tokens
from found
where try_cast(sample_index as integer) < $num_samples
