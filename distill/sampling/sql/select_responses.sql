select
    r.seq, r.attempt_id, r.prompt_id, j.model_id, j.sampling_id, j.stream, r.sample_index, j.think_open,
    r.server, r.num_tries, r.started, r.latency_sec, r.body
from responses r
join jobs j using (job)
where r.seq > :after and r.rejected is null
order by r.seq
limit :limit
