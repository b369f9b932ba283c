-- Completion tokens that a run has paid, as far as servers told.
select cast(coalesce(sum(completion_tokens), 0) as bigint) as spent
from (
    select completion_tokens from attempts where run_id = $run_id
    union all
    select completion_tokens from tries where run_id = $run_id
)
