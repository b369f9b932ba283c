-- Do wrong traces run longer than right ones?
select
    domain,
    coalesce(verdict, 'unchecked') as verdict,
    count(*) as num_traces,
    round(avg(completion_tokens)) as mean_tokens,
    quantile_cont(completion_tokens, 0.5) as median_tokens,
    quantile_cont(completion_tokens, 0.95) as p95_tokens,
    max(completion_tokens) as max_tokens,
    count(*) filter (where outcome = 'length') as num_truncated
from traces
group by all
order by domain, verdict
