attach $path as warehouse (storage_version 'v2.0.0', row_group_size 2048)
