-- What ran when, for how long, and how did it end?
-- $limit = 30: the last so many runs
select recipe, stage, status, started, round(wall_sec, 1) as wall_sec, host, code_version, run_id
from recipe_runs
order by started desc
limit $limit
