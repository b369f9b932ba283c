-- Words of SQL that a person may want to complete: keywords and the names of functions.
select keyword_name as word from duckdb_keywords()
union
select function_name from duckdb_functions() where regexp_full_match(function_name, '[a-z]\w+')
order by word
