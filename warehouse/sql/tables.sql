select table_name from duckdb_tables() where database_name = 'warehouse' and schema_name = 'main'
