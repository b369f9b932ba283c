-- What each rule of one filter run dropped.
select filter, num_seen, num_dropped, num_dropped_first, num_dropped_only
from filter_waterfall
where run_id = $run_id
order by position
