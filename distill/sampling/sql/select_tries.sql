select
    t.seq, t.attempt_id, t.prompt_id, j.model_id, j.sampling_id, j.stream, t.sample_index,
    t.server, t.cause, t.started, t.latency_sec
from tries t
join jobs j using (job)
where t.seq > :after
order by t.seq
limit :limit
