-- Training items that are answers of an evaluation.
select dataset_id, position, attempt_id
from dataset_items
semi join (
    from attempts where not regexp_matches(stream, '^(datagen|import)(/|$)')
) as others using (attempt_id)
