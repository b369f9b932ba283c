-- Writes a relation of long texts as Parquet, a folder for each value of a column, in small row groups.
set partitioned_write_flush_threshold = 4096; -- rows that a thread keeps, half a million by default
copy {relation} to '{folder}' (
    format parquet, compression zstd, row_group_size 2048, partition_by ({by}), overwrite true
)
