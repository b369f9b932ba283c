-- The checkpoint that these settings made of this base on this training set; the newest, if it was trained again.
-- The student's name is no part of it: the same training under another name gives the same weights.
select weights_id, path, metrics
from checkpoints
where
    base_weights_id = $base_weights_id
    and dataset_id = $dataset_id
    and settings_hash = $settings_hash
order by created desc
limit 1
