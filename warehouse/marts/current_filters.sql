create view current_filters as
select attempt_id, filter_run_id as run_id, keep, failed_filters
from attempt_states
where filter_run_id is not null;
comment on view current_filters is 'One row a trace that a filter run covers [attempt_id], by the newest filter run on a recipe that asked for it.';
comment on column current_filters.run_id is 'The filter run.';
