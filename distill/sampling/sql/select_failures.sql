select
    f.seq, f.attempt_id, f.prompt_id, j.model_id, j.sampling_id, j.stream, f.sample_index,
    f.cause, f.message, f.num_tries, f.at
from failures f
join jobs j using (job)
where f.seq > :after
order by f.seq
limit :limit
