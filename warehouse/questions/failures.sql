-- Which requests came to nothing, why, and what was paid for them?
select
    recipe,
    stage,
    cause,
    num_tries,
    num_requests,
    num_answered_later,
    num_given_up,
    completion_tokens,
    last_seen,
    message
from failures_by_cause
order by num_tries desc, cause
