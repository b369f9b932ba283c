-- The texts of $problem_ids.
select problem_id, text
from problems
semi join (select unnest($problem_ids) as problem_id) as asked using (problem_id)
