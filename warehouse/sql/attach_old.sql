attach $path as old (read_only, row_group_size 2048)
