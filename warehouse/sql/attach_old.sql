attach $path as old (read_only)
