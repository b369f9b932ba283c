-- Which problems does the teacher fail at most often?
-- $samples = 1: leave out problems with fewer answers that were decided
-- $limit = 20: how many to show
select
    round(100 * pass_rate) as pass_percent,
    num_samples,
    domain,
    source,
    problems.text as problem,
    problem_id
from pass_rate_by_problem
join problems using (problem_id)
where num_correct + num_wrong >= $samples and pass_rate is not null
order by pass_rate, num_samples desc, problem_id
limit $limit
