-- Rules of a filter run that have not ruled yet on $attempt_ids; in the order in which attempts are stored, so that they
-- can be read piece by piece.
select
    attempts.rowid as attempt_row,
    attempts.attempt_id,
    list(rules.position order by rules.position) as positions
from attempts
semi join (select unnest($attempt_ids) as attempt_id) as asked using (attempt_id)
cross join (from run_filters where run_id = $run_id) as rules
anti join filter_results
    on filter_results.attempt_id = attempts.attempt_id
    and filter_results.filter = rules.filter
    and filter_results.version = rules.version
    and filter_results.config_hash = rules.config_hash
group by all
order by attempt_row
