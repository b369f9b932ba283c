insert or ignore into responses (
    attempt_id, prompt_id, job, sample_index, parent_attempt_id, think_open, server, num_tries, started, latency_sec,
    rejected, body
)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
