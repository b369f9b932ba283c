-- $attempt_ids by the verdict that counts; `none` is not checked, for want of a gold.
select coalesce(decision, 'none') as decision, count(*) as num_attempts
from current_verdicts
semi join (select unnest($attempt_ids) as attempt_id) as asked using (attempt_id)
group by all
order by num_attempts desc, decision
