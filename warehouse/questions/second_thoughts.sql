-- How often does the reasoning turn back ("wait", "let me check"), and does it help?
select
    coalesce(verdict, 'unchecked') as verdict,
    count(*) as num_traces,
    round(100 * avg(cast(regexp_matches(reasoning, '(?i)\b(wait|hold on|let me (re-?)?check)\b') as integer)), 1)
        as turning_back_percent,
    round(avg(length(reasoning))) as mean_reasoning_chars
from traces
where reasoning is not null
group by all
order by num_traces desc
