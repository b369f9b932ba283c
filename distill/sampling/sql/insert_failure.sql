insert into failures (attempt_id, prompt_id, job, sample_index, cause, message, num_tries, at)
values (?, ?, ?, ?, ?, ?, ?, ?)
