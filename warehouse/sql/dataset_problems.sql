-- The texts of the problems in `wanted`.
select problem_id, text
from problems
semi join (select cast(problem_id as uuid) as problem_id from wanted) as chosen using (problem_id)
