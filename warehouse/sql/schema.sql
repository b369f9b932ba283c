-- Relations and their columns in order, with comments; $names limits them where it is not empty.
with
    relations as (
        select table_name as relation, 'table' as kind, comment as relation_comment
        from duckdb_tables()
        where database_name = current_database() and not internal and not temporary
        union all
        select view_name as relation, 'view' as kind, comment as relation_comment
        from duckdb_views()
        where database_name = current_database() and not internal and not temporary
    )
select
    relation,
    kind,
    relation_comment,
    column_name as column,
    data_type as type,
    comment as column_comment
from relations
join duckdb_columns() as columns on columns.table_name = relation and columns.database_name = current_database()
where len($names) = 0 or list_contains($names, relation)
order by kind desc, relation, column_index
