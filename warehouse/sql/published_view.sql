-- Puts a view of files into the place of an empty table.
drop table {relation};
create view {relation} as
select {columns}
from read_parquet(
    '{files}', hive_partitioning = true, hive_types_autocast = false, file_row_number = true
);
