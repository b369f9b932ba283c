create view continued_traces as
with
    before as (
        select attempt_id as last_id, back, part_id
        from trace_parts
        where back > 0
        union all
        -- a join with no row at all reads two thousand texts to find that out; one with a key that nobody has reads none
        select attempt_id, 0, uuid '00000000-0000-0000-0000-000000000000'
        from attempts
        anti join (from trace_parts where back = 0) as continuations using (attempt_id)
    ),
    pieces as (
        select attempt_id as last_id, 0 as back, * exclude (attempt_id)
        from attempts
        where parent_attempt_id is not null
        union all by name
        select before.last_id, before.back, attempts.* exclude (attempt_id)
        from before
        join attempts on attempts.attempt_id = before.part_id
    ),
    parts as (
        select
            *,
            sum(length(text)) over (partition by last_id order by back desc) - length(text) as shift
        from pieces
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
    attempts.attempt_id,
    attempts.prompt_id,
    attempts.model_id,
    attempts.sampling_id,
    attempts.stream,
    attempts.sample_index,
    spans.num_parts,
    spans.text,
    spans.shape,
    spans.reasoning_begin,
    cast(spans.reasoning_end as integer) as reasoning_end,
    cast(spans.answer_begin as integer) as answer_begin,
    cast(spans.answer_end as integer) as answer_end,
    spans.prompt_tokens,
    cast(spans.completion_tokens as integer) as completion_tokens,
    attempts.finish_reason,
    attempts.outcome,
    spans.latency_sec,
    attempts.server,
    attempts.started,
    attempts.finished,
    attempts.parent_attempt_id,
    attempts.stopping_rule,
    cast(spans.repaired as integer) as repaired,
    attempts.extra,
    attempts.run_id,
    attempts.num_tries
from attempts
join spans on spans.last_id = attempts.attempt_id
where attempts.parent_attempt_id is not null;  -- where nothing is continued, statistics end it here
comment on view continued_traces is 'One row a continuation [attempt_id] as it reads from the begin of what it continues: all texts joined, their tokens and seconds together.';
comment on column continued_traces.num_parts is 'Attempts that it consists of.';
comment on column continued_traces.text is 'Reasoning followed by content, as received.';
comment on column continued_traces.outcome is 'Of its last part.';
comment on column continued_traces.prompt_tokens is 'Of its first part.';
