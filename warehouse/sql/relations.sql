-- Names of all relations.
select table_name from information_schema.tables where table_catalog = current_database() order by table_name
