-- Which traces mention a text in their reasoning or answer?
-- $text = "wait": what to look for; case does not matter
-- $limit = 20: how many to show
with
    found as materialized (
        select attempt_id, substring(text, greatest(1, position(lower($text) in lower(text)) - 60), 160) as around
        from full_traces
        anti join (from trace_parts where back > 0) as continued on continued.part_id = full_traces.attempt_id
        where regexp_matches(stream, '^(datagen|import)(/|$)') and regexp_matches(text, '(?i)' || regexp_escape($text))
        limit $limit
    )
select
    found.attempt_id,
    attempt_states.domain,
    attempt_states.decision as verdict,
    attempt_states.completion_tokens,
    found.around
from found
join attempt_states using (attempt_id)
