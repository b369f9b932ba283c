-- Which rule costs how many traces, and what would come back without it?
select
    recipe,
    filter,
    num_seen,
    num_dropped,
    round(100 * num_dropped / nullif(num_seen, 0), 1) as dropped_percent,
    num_dropped_first,
    num_dropped_only
from filter_waterfall
order by recipe, position
