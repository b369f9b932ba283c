-- What was paid and brought nothing, who paid for what, and how long servers were held.

alter table attempts add column run_id uuid;
alter table attempts add column num_tries integer;
comment on column attempts.run_id is 'The run that paid for it; null for imported traces.';
comment on column attempts.num_tries is 'Requests until it was answered; null for imported traces.';
comment on column attempts.parent_attempt_id is 'Of a continuation: the truncated attempt that it goes on from; text is its own part only.';

create table tries (
    attempt_id uuid not null,
    prompt_id uuid not null,
    model_id uuid not null,
    sampling_id uuid not null,
    stream varchar not null,
    sample_index varchar not null,
    run_id uuid not null,
    cause varchar not null,
    message varchar,
    server varchar not null,
    started timestamptz not null,
    latency_sec double,
    prompt_tokens integer,
    completion_tokens integer
);
comment on table tries is 'One row a request that was sent and brought nothing to keep [attempt_id, run_id, started]; most were asked again.';
comment on column tries.attempt_id is 'What was asked for; the attempt is there if a later try was answered.';
comment on column tries.run_id is 'The run that paid.';
comment on column tries.cause is 'timeout | transport | http-STATUS | no-response (a body that was none) | lost (in flight when the client ended).';
comment on column tries.latency_sec is 'Null where it was lost.';
comment on column tries.completion_tokens is 'Paid for nothing; null where the server did not say.';

create table sampling_sessions (
    run_id uuid not null,
    model_id uuid not null,
    started timestamptz not null,
    seconds double not null,
    num_gpus integer
);
comment on table sampling_sessions is 'One row a stretch of a run in which it asked a model [run_id, model_id, started]; rewritten as it goes on.';
comment on column sampling_sessions.seconds is 'From its first request to its last sign of life.';
comment on column sampling_sessions.num_gpus is 'GPUs that served it, all servers together; 0 on CPUs, null where the run does not know.';
