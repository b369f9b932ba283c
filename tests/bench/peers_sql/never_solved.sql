select domain, count(*)
from pass_rate_by_problem
where num_correct = 0 and num_wrong > 0
group by domain
