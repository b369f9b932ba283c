select attempt_id from attempts
union
select attempt_id from filter_results
