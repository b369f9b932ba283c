-- What does a trace look like that a rule drops, and why was it dropped?
-- $filter = "repetition": the rule
-- $limit = 5: how many to show
select
    filter_results.reason,
    filter_results.score,
    traces.verdict,
    traces.completion_tokens,
    traces.problem,
    traces.text,
    traces.attempt_id
from filter_results
join traces using (attempt_id)
where filter_results.filter = $filter and not filter_results.keep
order by hash(traces.attempt_id)
limit $limit
