-- Rules in `listed` that have not ruled yet on the attempts in `asked`; in the order in which attempts are stored, so
-- that they can be read piece by piece.
with
    wanted as (select cast(attempt_id as uuid) as attempt_id from asked)
select
    attempts.rowid as attempt_row,
    attempts.attempt_id,
    list(listed.position order by listed.position) as positions
from attempts
semi join wanted using (attempt_id)
cross join listed
anti join filter_results
    on filter_results.attempt_id = attempts.attempt_id
    and filter_results.filter = listed.filter
    and filter_results.version = listed.version
    and filter_results.config_hash = cast(listed.config_hash as uuid)
group by all
order by attempt_row
