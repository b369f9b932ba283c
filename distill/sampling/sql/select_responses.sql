select
    r.seq, r.attempt_id, r.prompt_id, j.model_id, j.sampling_id, j.stream, r.sample_index,
    coalesce(r.think_open, j.think_open) as think_open, j.stopping_rule, j.wants_tokens,
    r.server, r.num_tries, r.started, r.latency_sec, r.parent_attempt_id, r.rejected, r.body
from responses r
join jobs j using (job)
where r.seq > :after and (r.rejected is null or :with_rejected)
order by r.seq
limit :limit
