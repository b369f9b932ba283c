-- A run's outbox: facts are only ever added. Times are seconds since 1970.

-- the fastest for bodies of 20 KB
pragma page_size = 16384;
pragma journal_mode = wal;

create table jobs (
    job integer primary key,
    model_id blob not null,
    sampling_id blob not null,
    stream text not null,
    think_open integer not null,
    -- JSON: how the number of samples depends on their verdicts; null where it does not
    stopping_rule text,
    -- whether token ids or log-probabilities were asked for
    wants_tokens integer not null,
    unique (model_id, sampling_id, stream, think_open)
);

create table responses (
    seq integer primary key,
    attempt_id blob not null,
    prompt_id blob not null,
    job integer not null references jobs,
    sample_index integer not null,
    server text not null,
    num_tries integer not null,
    started real not null,
    latency_sec real not null,
    -- of a continuation: what it continues, and whether that ended inside the reasoning
    parent_attempt_id blob,
    think_open integer,
    -- why the body is no response and was asked for again; null for a response
    rejected text,
    body blob not null
);

-- exactly once: the second response to a key cannot be stored
create unique index responses_by_attempt on responses (attempt_id) where rejected is null;

create table failures (
    seq integer primary key,
    attempt_id blob not null,
    prompt_id blob not null,
    job integer not null references jobs,
    sample_index integer not null,
    cause text not null,
    message text not null,
    num_tries integer not null,
    at real not null
);

-- requests that were sent and brought no body to keep
create table tries (
    seq integer primary key,
    attempt_id blob not null,
    prompt_id blob not null,
    job integer not null references jobs,
    sample_index integer not null,
    server text not null,
    cause text not null,
    started real not null,
    latency_sec real
);

-- requests of a session that has ended, while those that nothing came of are found: empty else
create table asked (
    attempt_id blob not null,
    prompt_id blob not null,
    job integer not null references jobs,
    sample_index integer not null,
    server text not null,
    started real not null
);

create index rejected_by_attempt on responses (attempt_id) where rejected is not null;
create index failures_by_attempt on failures (attempt_id);
create index tries_by_attempt on tries (attempt_id);
