insert or ignore into jobs (model_id, sampling_id, stream, think_open)
values (:model_id, :sampling_id, :stream, :think_open)
