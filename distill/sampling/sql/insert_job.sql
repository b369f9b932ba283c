insert or ignore into jobs (model_id, sampling_id, stream, think_open, stopping_rule, wants_tokens)
values (:model_id, :sampling_id, :stream, :think_open, :stopping_rule, :wants_tokens)
