create table trace_parts as
with recursive
    continued as (
        select attempt_id, parent_attempt_id
        from attempts
        where parent_attempt_id is not null
    ),
    chains as (
        select attempt_id, attempt_id as part_id, parent_attempt_id, 0 as back
        from continued
        semi join touched using (attempt_id)
        union all
        select chains.attempt_id, chains.parent_attempt_id, continued.parent_attempt_id, chains.back + 1
        from chains
        left join continued on continued.attempt_id = chains.parent_attempt_id
        where chains.parent_attempt_id is not null
    )
select attempt_id, back, part_id
from chains;
comment on table trace_parts is 'One row a part of a continued trace [attempt_id, back]; derived from attempts, kept up by every insert, so that one trace is joined without looking through all.';
comment on column trace_parts.attempt_id is 'The continuation: the last part.';
comment on column trace_parts.back is 'How many parts before the last: 0 is the continuation itself.';
comment on column trace_parts.part_id is 'The attempt; it may not be there yet.';
