create view full_traces as
with recursive
    chains as (
        select attempt_id as last_id, attempt_id, parent_attempt_id, 0 as back
        from attempts
        where parent_attempt_id is not null
        union all
        select chains.last_id, attempts.attempt_id, attempts.parent_attempt_id, chains.back + 1
        from chains
        join attempts on attempts.attempt_id = chains.parent_attempt_id
    ),
    parts as (
        select
            chains.last_id,
            chains.back,
            attempts.text,
            attempts.shape,
            attempts.reasoning_begin,
            attempts.reasoning_end,
            attempts.answer_begin,
            attempts.prompt_tokens,
            attempts.completion_tokens,
            attempts.latency_sec,
            attempts.repaired,
            sum(length(attempts.text)) over (partition by chains.last_id order by chains.back desc)
                - length(attempts.text) as shift
        from chains
        join attempts on attempts.attempt_id = chains.attempt_id
    ),
    wholes as (
        select
            last_id,
            count(*) as num_parts,
            string_agg(text, '' order by back desc) as text,
            first(shape order by back desc) as shape,
            first(reasoning_begin order by back desc) as reasoning_begin,
            arg_max(shift + reasoning_end, back) filter (where answer_begin is not null) as closed_at,
            min(shift + answer_begin) as answer_begin,
            sum(length(text)) as num_chars,
            first(prompt_tokens order by back desc) as prompt_tokens,
            sum(completion_tokens) as completion_tokens,
            sum(latency_sec) as latency_sec,
            sum(repaired) as repaired
        from parts
        group by last_id
    ),
    spans as (
        select
            * exclude (closed_at),
            case when reasoning_begin is not null then coalesce(closed_at, num_chars) end as reasoning_end,
            case when answer_begin is not null then num_chars end as answer_end
        from wholes
    )
select
    attempts.rowid as attempt_row,
    attempts.attempt_id,
    attempts.prompt_id,
    attempts.model_id,
    attempts.sampling_id,
    attempts.stream,
    attempts.sample_index,
    coalesce(spans.num_parts, 1) as num_parts,
    coalesce(spans.text, attempts.text) as text,
    coalesce(spans.shape, attempts.shape) as shape,
    cast(case when spans.last_id is null then attempts.reasoning_begin else spans.reasoning_begin end as integer)
        as reasoning_begin,
    cast(case when spans.last_id is null then attempts.reasoning_end else spans.reasoning_end end as integer)
        as reasoning_end,
    cast(case when spans.last_id is null then attempts.answer_begin else spans.answer_begin end as integer)
        as answer_begin,
    cast(case when spans.last_id is null then attempts.answer_end else spans.answer_end end as integer) as answer_end,
    coalesce(spans.prompt_tokens, attempts.prompt_tokens) as prompt_tokens,
    cast(coalesce(spans.completion_tokens, attempts.completion_tokens) as integer) as completion_tokens,
    attempts.finish_reason,
    attempts.outcome,
    coalesce(spans.latency_sec, attempts.latency_sec) as latency_sec,
    attempts.server,
    attempts.started,
    attempts.finished,
    attempts.parent_attempt_id,
    attempts.stopping_rule,
    cast(coalesce(spans.repaired, attempts.repaired) as integer) as repaired,
    attempts.extra,
    attempts.run_id,
    attempts.num_tries
from attempts
left join spans on spans.last_id = attempts.attempt_id;
comment on view full_traces is 'One row an attempt [attempt_id] as it reads from its begin: a continuation with all that it continues before its own text, and their tokens and seconds together; any other as it is.';
comment on column full_traces.attempt_row is 'Where it is stored: read piece by piece in this order.';
comment on column full_traces.num_parts is 'Attempts that it consists of: 1 where it continues nothing.';
comment on column full_traces.text is 'Reasoning followed by content, as received.';
comment on column full_traces.outcome is 'Of its last part.';
comment on column full_traces.prompt_tokens is 'Of its first part.';
