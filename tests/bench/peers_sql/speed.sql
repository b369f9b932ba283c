select epoch(minute), sum(num_responses), sum(completion_tokens)
from throughput
group by minute
