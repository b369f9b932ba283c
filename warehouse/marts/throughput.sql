create view throughput as
with
    events as (
        select
            date_trunc('minute', finished) as minute,
            server,
            prompt_tokens,
            completion_tokens,
            latency_sec,
            true as is_kept
        from attempts
        where finished is not null
        union all by name
        select
            date_trunc('minute', started + to_milliseconds(cast(1000 * coalesce(latency_sec, 0) as bigint))) as minute,
            server,
            prompt_tokens,
            completion_tokens,
            null as latency_sec,
            false as is_kept
        from tries
    )
select
    minute,
    server,
    count(*) filter (where is_kept) as num_responses,
    count(*) filter (where not is_kept) as num_tries_failed,
    cast(coalesce(sum(prompt_tokens), 0) as bigint) as prompt_tokens,
    cast(coalesce(sum(completion_tokens), 0) as bigint) as completion_tokens,
    count(*) filter (where is_kept) / 60 as responses_per_sec,
    coalesce(sum(completion_tokens), 0) / 60 as tokens_per_sec,
    avg(latency_sec) as mean_latency_sec,
    quantile_cont(latency_sec, 0.95) as p95_latency_sec
from events
group by minute, server
order by minute, server;
comment on view throughput is 'One row a minute and a server [minute, server] in which responses came back, of all runs together.';
comment on column throughput.minute is 'Its begin; responses count when they came back.';
comment on column throughput.server is 'Host and port.';
comment on column throughput.num_responses is 'Responses that were kept.';
comment on column throughput.num_tries_failed is 'Requests that brought nothing to keep.';
comment on column throughput.prompt_tokens is 'As far as the server told.';
comment on column throughput.completion_tokens is 'As far as the server told.';
comment on column throughput.responses_per_sec is 'Kept responses, over the whole minute.';
comment on column throughput.tokens_per_sec is 'Completion tokens, over the whole minute.';
comment on column throughput.mean_latency_sec is 'Of kept responses: seconds from request to whole response.';
comment on column throughput.p95_latency_sec is 'Of kept responses: 19 in 20 came sooner.';
