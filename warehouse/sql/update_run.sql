update runs
set
    recipe = $recipe,
    code_version = $code_version,
    host = $host,
    finished = $finished,
    status = $status
where run_id = $run_id
