-- What did the traces cost in tokens, and how much of that ended in an accepted trace?
select
    source,
    model,
    count(*) as num_traces,
    sum(completion_tokens) as tokens,
    count(*) filter (where keep and verdict = 'correct') as num_accepted,
    round(100 * sum(completion_tokens) filter (where keep and verdict = 'correct') / nullif(sum(completion_tokens), 0), 1)
        as accepted_percent_of_tokens,
    round(sum(completion_tokens) / nullif(count(*) filter (where keep and verdict = 'correct'), 0))
        as tokens_an_accepted_trace
from traces
group by all
order by tokens desc nulls last
