create view traces as
select
    attempts_all.*,
    current_filters.keep,
    coalesce(current_filters.failed_filters, []) as failed_filters
from attempts_all
left join current_filters using (attempt_id)
where regexp_matches(attempts_all.stream, '^(datagen|import)(/|$)');
comment on view traces is 'One row a trace [attempt_id]: an attempt made (stream datagen) or imported (stream import) to train on, never one of an evaluation.';
comment on column traces.keep is 'Whether it passes every rule of the newest filter run on a recipe that asked for it; null: not filtered yet.';
comment on column traces.failed_filters is 'The rules that dropped it, in order.';
