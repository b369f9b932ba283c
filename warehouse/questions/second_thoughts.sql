-- How often does the reasoning turn back ("wait", "let me check"), and does it help?
with
    reasonings as materialized (  -- one pass over the texts that keeps none of them
        select
            attempt_id,
            regexp_matches(
                substring(text, reasoning_begin + 1, reasoning_end - reasoning_begin),
                '(?i)\b(wait|hold on|let me (re-?)?check)\b'
            ) as turns_back,
            reasoning_end - reasoning_begin as num_chars
        from full_traces
        where reasoning_begin is not null
    )
select
    coalesce(attempt_states.decision, 'unchecked') as verdict,
    count(*) as num_traces,
    round(100 * avg(cast(reasonings.turns_back as integer)), 1) as turning_back_percent,
    round(avg(reasonings.num_chars)) as mean_reasoning_chars
from reasonings
join attempt_states using (attempt_id)
where attempt_states.is_trace
group by all
order by num_traces desc
