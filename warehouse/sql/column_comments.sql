select table_name, column_name, comment
from duckdb_columns()
where database_name = 'warehouse' and schema_name = 'main'
order by table_name, column_index
