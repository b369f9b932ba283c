-- Which requests came to nothing, and why?
select
    cause,
    count(*) as num_failures,
    count(distinct attempt_id) as num_requests,
    round(avg(num_tries), 1) as mean_tries,
    sum(completion_tokens_paid) as tokens_paid,
    max(recorded) as last_seen,
    arg_max(message, recorded) as last_message
from failures
group by cause
order by num_failures desc
