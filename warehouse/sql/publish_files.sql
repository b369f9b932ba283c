-- Writes a relation as Parquet files of moderate size.
copy {relation} to '{folder}' (format parquet, compression zstd, file_size_bytes '256MB', overwrite true)
