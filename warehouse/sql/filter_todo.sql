-- Traces of run $asking_run on which rules of filter run $run_id have not ruled yet, by row in the order in which they are
-- stored, so that they can be read piece by piece; and those without keys for the rules at $comparing, which compare.
with
    asked as (
        select
            attempts.rowid as attempt_row,
            attempts.attempt_id,
            attempts.parent_attempt_id is not null as is_continuation
        from attempts
        semi join (from run_attempts where run_id = $asking_run) as wanted using (attempt_id)
    ),
    unruled as (
        select asked.attempt_row, asked.is_continuation, rules.position
        from asked
        cross join (
            from run_filters
            where run_id = $run_id and position not in (select unnest(cast($comparing as integer[])))
        ) as rules
        anti join filter_results
            on filter_results.attempt_id = asked.attempt_id
            and filter_results.filter = rules.filter
            and filter_results.version = rules.version
            and filter_results.config_hash = rules.config_hash
    ),
    keyless as (
        select asked.attempt_row, asked.is_continuation, ways.position
        from asked
        cross join (
            select unnest(cast($comparing as integer[])) as position, unnest(cast($hashes as uuid[])) as config_hash
        ) as ways
        anti join text_keys using (attempt_id, config_hash)
    )
select attempt_row, is_continuation, list(position order by position) as positions
from (from unruled union all from keyless)
group by attempt_row, is_continuation
order by attempt_row
