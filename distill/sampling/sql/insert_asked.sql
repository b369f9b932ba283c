insert into asked (attempt_id, prompt_id, job, sample_index, server, started)
values (?, ?, ?, ?, ?, ?)
