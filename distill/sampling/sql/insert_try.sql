insert into tries (attempt_id, prompt_id, job, sample_index, server, cause, started, latency_sec)
values (?, ?, ?, ?, ?, ?, ?, ?)
