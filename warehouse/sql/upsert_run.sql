insert into runs (run_id, stage, recipe, code_version, host, started, finished, status)
values ($run_id, $stage, $recipe, $code_version, $host, $started, $finished, $status)
on conflict (run_id) do update set
    recipe = excluded.recipe,
    code_version = excluded.code_version,
    host = excluded.host,
    finished = excluded.finished,
    status = excluded.status
