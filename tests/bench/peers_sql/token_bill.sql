select source, sum(completion_tokens), sum(completion_tokens) filter (where keep and verdict = 'correct')
from traces
group by source
