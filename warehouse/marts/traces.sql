create view traces as
select * exclude (is_trace)
from attempts_all
where is_trace;
comment on view traces is 'One row a trace [attempt_id]: an attempt made (stream datagen) or imported (stream import) to train on, never one of an evaluation.';
