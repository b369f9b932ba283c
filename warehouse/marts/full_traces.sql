create view full_traces as
select
    attempt_id,
    prompt_id,
    model_id,
    sampling_id,
    stream,
    sample_index,
    1 as num_parts,
    text,
    shape,
    reasoning_begin,
    reasoning_end,
    answer_begin,
    answer_end,
    prompt_tokens,
    completion_tokens,
    finish_reason,
    outcome,
    latency_sec,
    server,
    started,
    finished,
    parent_attempt_id,
    stopping_rule,
    repaired,
    extra,
    run_id,
    num_tries
from stored_attempts
-- not `where parent_attempt_id is null`: beside a second filter no index is used
anti join (from trace_parts where back = 0) as continuations using (attempt_id)
union all by name
from continued_traces;
comment on view full_traces is 'One row an attempt [attempt_id] as it reads from its begin: a continuation with all that it continues before its own text, and their tokens and seconds together; any other as it is.';
comment on column full_traces.num_parts is 'Attempts that it consists of: 1 where it continues nothing.';
comment on column full_traces.text is 'Reasoning followed by content, as received.';
comment on column full_traces.outcome is 'Of its last part.';
comment on column full_traces.prompt_tokens is 'Of its first part.';
