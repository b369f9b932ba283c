-- Attempts whose reasoning or answer is no part of their text, or only half told.
select attempt_id, length(text) as num_characters, reasoning_begin, reasoning_end, answer_begin, answer_end
from attempts
where not (
    (reasoning_begin is null and reasoning_end is null
        or coalesce(0 <= reasoning_begin and reasoning_begin <= reasoning_end and reasoning_end <= length(text), false))
    and (answer_begin is null and answer_end is null
        or coalesce(0 <= answer_begin and answer_begin <= answer_end and answer_end <= length(text), false))
    and coalesce(reasoning_end <= answer_begin, true)
)
