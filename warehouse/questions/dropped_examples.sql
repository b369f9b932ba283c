-- What does a trace look like that a rule drops, and why was it dropped?
-- $filter = "repetition": the rule
-- $limit = 5: how many to show
with
    chosen as materialized (  -- without text, so that only these few texts are read
        select
            filter_results.reason,
            filter_results.score,
            attempt_states.decision as verdict,
            attempt_states.completion_tokens,
            attempt_id
        from filter_results
        join attempt_states using (attempt_id)
        where filter_results.filter = $filter and not filter_results.keep and attempt_states.is_trace
        order by hash(attempt_id)
        limit $limit
    )
select
    chosen.reason,
    chosen.score,
    chosen.verdict,
    chosen.completion_tokens,
    traces.problem,
    traces.text,
    chosen.attempt_id
from chosen
join traces using (attempt_id)
order by hash(chosen.attempt_id)
