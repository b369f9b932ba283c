-- Roles, items and scores of evaluations that are not there, and evaluations of models that are not there.
select 'evaluation_roles' as relation, evaluation_id from evaluation_roles anti join evaluations using (evaluation_id)
union all
select 'evaluation_items', evaluation_id from evaluation_items anti join evaluations using (evaluation_id)
union all
select 'evaluation_scores', evaluation_id from evaluation_scores anti join evaluations using (evaluation_id)
union all
select 'evaluations', evaluation_id from evaluations anti join models using (model_id)
