select column_name, data_type
from duckdb_columns()
where database_name = 'warehouse' and schema_name = 'main' and table_name = $relation
order by column_index
