-- Ids by name, and what is known of each trace without its text.
create macro id(name) as cast(md5(name) as uuid);
create macro messages(problem) as '[{"content":"' || problem || '","role":"user"}]';
create macro prompt(problem) as cast(substring(sha256(messages(problem)), 1, 32) as uuid);
create table notes (number bigint, domain varchar, problem varchar, tokens integer);
