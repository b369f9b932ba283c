select filter, num_dropped, num_dropped_only
from filter_waterfall
