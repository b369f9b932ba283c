select job
from jobs
where model_id = :model_id and sampling_id = :sampling_id and stream = :stream and think_open = :think_open
