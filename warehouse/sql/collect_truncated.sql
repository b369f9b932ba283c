-- Truncated traces of a run that may be continued with another $max_tokens, and that none of its attempts continues yet.
with
    asked as (from run_attempts where run_id = $run_id),
    continued as (
        select parent_attempt_id as attempt_id
        from attempts
        semi join asked using (attempt_id)
        where parent_attempt_id is not null
    )
select attempt_id, prompt_id, sample_index, num_parts, text, shape, reasoning_begin, answer_begin
from full_traces
semi join asked using (attempt_id)
anti join continued using (attempt_id)
where
    outcome = 'length'
    and model_id = $model_id
    and sampling_id = $sampling_id
    and stream = $stream
    and num_parts <= $num_continuations
    and prompt_tokens + completion_tokens + $max_tokens <= $max_model_len
    -- an answer that the server told apart from its reasoning cannot be given back to it
    and not (shape = 'field' and answer_begin is not null)
order by attempt_id
