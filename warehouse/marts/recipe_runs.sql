create view recipe_runs as
select
    run_id,
    stage,
    recipe->>'name' as recipe,
    cast(md5(json_merge_patch(recipe, '{"description": null}')) as uuid) as recipe_id,
    code_version,
    host,
    started,
    finished,
    date_diff('millisecond', started, finished) / 1000 as wall_sec,
    status
from runs;
comment on view recipe_runs is 'One row a run [run_id], with what the runs of all stages on one recipe share: recipe_id.';
comment on column recipe_runs.recipe_id is 'Hash of the resolved recipe without its description: a stage reads what the stage before wrote under the same recipe_id.';
comment on column recipe_runs.wall_sec is 'Seconds from the first start to the last end, pauses between sessions included; null while it runs.';
