-- Requests of a run that never got a response, by model.
select models.name as model, count(distinct failures.attempt_id) as num_failed
from failures
anti join attempts using (attempt_id)
left join models on models.model_id = failures.model_id
where failures.run_id = $run_id
group by models.name
order by models.name
