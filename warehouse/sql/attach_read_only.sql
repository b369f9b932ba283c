attach $path as warehouse (read_only, row_group_size 2048)
