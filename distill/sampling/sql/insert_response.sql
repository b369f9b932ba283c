insert or ignore into responses (
    attempt_id, prompt_id, job, sample_index, server, num_tries, started, latency_sec, rejected, body
)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
