-- The verifiers and filters, with their versions, that a selection rests on.
select 'verifier' as kind, position, verifier as name, version, config_hash
from run_verifiers
where run_id = $verify_run
union all
select 'filter' as kind, position, filter as name, version, config_hash
from run_filters
where run_id = $filter_run
order by kind, position
