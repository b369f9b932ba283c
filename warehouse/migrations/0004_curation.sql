-- What rules on many texts at once need, and what they show to people.

create table text_keys (
    attempt_id uuid not null,
    config_hash uuid not null,
    keys bigint[] not null
);
comment on table text_keys is 'One row a trace and a way of comparing texts [attempt_id, config_hash]: numbers by which traces are alike.';
comment on column text_keys.attempt_id is 'The trace.';
comment on column text_keys.config_hash is 'Hash of how texts are compared.';
comment on column text_keys.keys is 'Of two traces with the same first number the text is the same, with another in common nearly the same.';

alter table problem_filter_results add column evidence json;
comment on column problem_filter_results.evidence is 'Why a problem was dropped, for people: what it shares with which texts; null where it was kept.';
