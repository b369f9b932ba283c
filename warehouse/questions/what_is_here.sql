-- What is in here: how many problems and traces, by whom, from which source, how many are right?
select
    source,
    domain,
    model,
    num_problems,
    num_traces,
    num_correct,
    num_accepted,
    round(100 * num_correct / nullif(num_traces - num_unchecked, 0), 1) as correct_percent
from yield_by_source
order by num_traces desc
