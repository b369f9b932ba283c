-- Which wrong answers look right: they pass every filter, so only the reference gives them away?
-- $limit = 5: how many to show
with
    chosen as materialized (  -- without text, so that only these few texts are read
        select attempt_id, extracted, verifier, reason as verdict_reason
        from attempt_states
        where is_trace and decision = 'wrong' and keep
        order by hash(attempt_id)
        limit $limit
    )
select
    traces.problem,
    traces.reasoning,
    traces.answer,
    chosen.extracted,
    chosen.verifier,
    chosen.verdict_reason,
    chosen.attempt_id
from chosen
join traces using (attempt_id)
order by hash(chosen.attempt_id)
