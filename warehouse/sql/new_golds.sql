-- Which rows of `incoming` are new golds, and their versions: the first of each problem and verifier, unless it
-- equals the newest gold, or the newest of the same origin (so a source that is read again undoes no correction).
with
    batch as (
        select _row, cast(problem_id as uuid) as problem_id, verifier, cast(gold as json) as gold, origin
        from incoming
        qualify row_number() over (partition by problem_id, verifier order by _row) = 1
    ),
    newest as (
        from golds
        qualify row_number() over (partition by problem_id, verifier order by gold_version desc) = 1
    ),
    newest_of_origin as (
        from golds
        qualify row_number() over (partition by problem_id, verifier, origin order by gold_version desc) = 1
    )
select batch._row, coalesce(newest.gold_version, 0) + 1 as gold_version
from batch
left join newest using (problem_id, verifier)
anti join newest_of_origin
    on batch.problem_id = newest_of_origin.problem_id
    and batch.verifier = newest_of_origin.verifier
    and batch.origin = newest_of_origin.origin
    and batch.gold = newest_of_origin.gold
where newest.gold is null or newest.gold <> batch.gold
order by batch._row
