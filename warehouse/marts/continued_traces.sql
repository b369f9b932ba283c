create view continued_traces as
with recursive
    continued as not materialized (  -- statistics tell where nothing was continued, and no text is read
        select attempt_id, parent_attempt_id
        from attempts
        where parent_attempt_id is not null
    ),
    chains as (
        select attempt_id as last_id, attempt_id, parent_attempt_id, 0 as back
        from continued
        union all
        select chains.last_id, chains.parent_attempt_id, continued.parent_attempt_id, chains.back + 1
        from chains
        left join continued on continued.attempt_id = chains.parent_attempt_id
        where chains.parent_attempt_id is not null
    ),
    involved as materialized (
        from attempts
        where parent_attempt_id is not null
        union all
        select distinct on (attempts.attempt_id) attempts.*
        from attempts
        join continued on continued.parent_attempt_id = attempts.attempt_id
        where attempts.parent_attempt_id is null
    ),
    parts as (
        select
            chains.last_id,
            chains.back,
            involved.* exclude (attempt_id, parent_attempt_id),
            sum(length(involved.text)) over (partition by chains.last_id order by chains.back desc)
                - length(involved.text) as shift
        from chains
        join involved using (attempt_id)
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
where attempts.parent_attempt_id is not null;
comment on view continued_traces is 'One row a continuation [attempt_id] as it reads from the begin of what it continues: all texts joined, their tokens and seconds together.';
comment on column continued_traces.num_parts is 'Attempts that it consists of.';
comment on column continued_traces.text is 'Reasoning followed by content, as received.';
comment on column continued_traces.outcome is 'Of its last part.';
comment on column continued_traces.prompt_tokens is 'Of its first part.';
