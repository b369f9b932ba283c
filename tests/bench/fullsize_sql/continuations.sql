-- One turn of ingest: what 2,048 truncated traces went on with.
select
    cast(md5('after ' || attempt_id) as uuid) as attempt_id,
    prompt_id,
    model_id,
    sampling_id,
    stream,
    sample_index || '+1' as sample_index,
    repeat('and so it goes on ', 300) as text,
    'none' as shape,
    0 as answer_begin,
    length(text) as answer_end,
    120 as prompt_tokens,
    1500 as completion_tokens,
    'stop' as finish_reason,
    'ok' as outcome,
    finished as started,
    finished + to_seconds(50) as finished,
    attempt_id as parent_attempt_id,
    0 as repaired,
    run_id,
    1 as num_tries
from attempts
where outcome = 'length'
order by attempt_id
limit 2048
