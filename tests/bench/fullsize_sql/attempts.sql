copy (
    select
        id('attempt ' || number) as attempt_id,
        prompt(domain || ' problem ' || problem) as prompt_id,
        id('teacher') as model_id,
        cast(substring(sha256('{"temperature":0.6}'), 1, 32) as uuid) as sampling_id,
        'datagen' as stream,
        cast(number as varchar) as sample_index,
        text,
        'field' as shape,
        0 as reasoning_begin,
        reasoning_end,
        answer_begin,
        answer_end,
        120 as prompt_tokens,
        tokens as completion_tokens,
        'stop' as finish_reason,
        if(hash(number) % 50 = 0, 'length', 'ok') as outcome,
        tokens / 30 as latency_sec,
        'http://server-' || number % 8 || '/v1' as server,
        timestamptz '2026-01-02 00:00:00+00' + to_milliseconds(100 * number) as started,
        started + to_seconds(tokens / 30) as finished,
        0 as repaired,
        id('run generate') as run_id,
        1 as num_tries
    from batch
    order by number
) to $path (format parquet, compression zstd, row_group_size 4096)
