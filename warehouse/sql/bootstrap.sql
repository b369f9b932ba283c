create table if not exists migrations (
    number integer primary key,
    name varchar not null,
    sha256 varchar not null,
    applied timestamptz not null
);
comment on table migrations is 'Schema changes that this file has had [number], with the hash of each script.';
create table if not exists marts (
    name varchar primary key,
    sha256 varchar not null
);
comment on table marts is 'Views that this file holds [name], with the hash of the script that made each.'
