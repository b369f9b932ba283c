-- Columns of a table in order, with types and comments, and the table's comment.
select columns.column_name, columns.data_type, columns.comment, tables.comment as table_comment
from duckdb_columns() as columns
join duckdb_tables() as tables using (database_name, schema_name, table_name)
where database_name = 'warehouse' and schema_name = 'main' and table_name = $relation
order by column_index
