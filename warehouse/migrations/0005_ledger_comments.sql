-- What each column of the ledger means, where 0002 left it unsaid.

comment on column tries.prompt_id is 'Which prompt was asked.';
comment on column tries.model_id is 'Who was asked.';
comment on column tries.sampling_id is 'How it was asked.';
comment on column tries.stream is 'As of attempts.';
comment on column tries.sample_index is 'As of attempts.';
comment on column tries.message is 'Why a body was no response; else null.';
comment on column tries.server is 'Host and port that it was sent to.';
comment on column tries.started is 'When it was sent.';
comment on column tries.prompt_tokens is 'Paid for nothing; null where the server did not say.';

comment on column sampling_sessions.run_id is 'The run that asked.';
comment on column sampling_sessions.model_id is 'Who was asked.';
comment on column sampling_sessions.started is 'When it began to ask.';
