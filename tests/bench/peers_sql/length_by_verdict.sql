select
    domain,
    coalesce(verdict, 'unchecked'),
    count(*),
    avg(completion_tokens),
    quantile_cont(completion_tokens, 0.5),
    quantile_cont(completion_tokens, 0.95)
from traces
group by all
