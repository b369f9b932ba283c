-- Requests of a session that has ended, a kill included, of which nothing came: neither response, failure nor failed try.
insert into tries (attempt_id, prompt_id, job, sample_index, server, cause, started, latency_sec)
select attempt_id, prompt_id, job, sample_index, server, 'lost', started, null
from asked
where
    not exists (select 1 from responses r where r.attempt_id = asked.attempt_id and r.rejected is null)
    and not exists (
        select 1
        from responses r
        where r.attempt_id = asked.attempt_id and r.rejected is not null and r.started = asked.started
    )
    and not exists (select 1 from tries t where t.attempt_id = asked.attempt_id and t.started = asked.started)
    and not exists (select 1 from failures f where f.attempt_id = asked.attempt_id and f.at >= asked.started)
