select cast(problem_id as varchar), num_samples, pass_rate
from pass_rate_by_problem
where pass_rate is not null
order by pass_rate, num_samples desc, problem_id
limit 20
