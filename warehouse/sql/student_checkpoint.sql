-- The checkpoint that these settings made of this base on this training set; the newest, if it was trained again.
select weights_id, path, metrics
from checkpoints
where
    student = $student
    and base_weights_id = $base_weights_id
    and dataset_id = $dataset_id
    and settings_hash = $settings_hash
order by created desc
limit 1
