-- The attempts in `asked` by the verdict that counts; `none` is not checked, for want of a gold.
select coalesce(decision, 'none') as decision, count(*) as num_attempts
from current_verdicts
semi join (select cast(attempt_id as uuid) as attempt_id from asked) as wanted using (attempt_id)
group by all
order by num_attempts desc, decision
