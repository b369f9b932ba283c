-- What the recipe said a session would cost.

alter table sampling_sessions add column currency varchar;
alter table sampling_sessions add column input_per_million double;
alter table sampling_sessions add column output_per_million double;
alter table sampling_sessions add column gpu_hour double;
comment on column sampling_sessions.currency is 'Of the prices, as the recipe names it.';
comment on column sampling_sessions.input_per_million is 'Price of a million prompt tokens; null where the recipe names none.';
comment on column sampling_sessions.output_per_million is 'Price of a million completion tokens; null where the recipe names none.';
comment on column sampling_sessions.gpu_hour is 'Price of a GPU for an hour; null where the recipe names none.';
