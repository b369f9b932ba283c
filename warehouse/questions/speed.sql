-- How fast were responses generated, minute by minute?
-- $limit = 60: the last so many minutes
with
    minutes as (
        select
            date_trunc('minute', finished) as minute,
            model,
            count(*) as num_responses,
            sum(completion_tokens) as tokens,
            round(sum(completion_tokens) / 60, 1) as tokens_a_second,
            round(quantile_cont(latency_sec, 0.5), 2) as median_latency_sec
        from attempts_all
        where finished is not null
        group by all
        order by minute desc
        limit $limit
    )
from minutes
order by minute, model
