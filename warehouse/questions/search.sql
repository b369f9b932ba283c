-- Which traces mention a text in their reasoning or answer?
-- $text = "wait": what to look for; case does not matter
-- $limit = 20: how many to show
select
    attempt_id,
    domain,
    verdict,
    completion_tokens,
    substring(text, greatest(1, position(lower($text) in lower(text)) - 60), 160) as around
from traces
where regexp_matches(text, '(?i)' || regexp_escape($text))
limit $limit
