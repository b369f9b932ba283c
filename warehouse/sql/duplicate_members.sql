-- $attempt_ids, the best first: those that the other rules of filter run $run_id keep, by verdict, the shortest.
with
    asked as (select unnest($attempt_ids) as attempt_id),
    dropped as (
        select distinct filter_results.attempt_id
        from run_filters
        join filter_results using (filter, version, config_hash)
        semi join asked on asked.attempt_id = filter_results.attempt_id
        where
            run_filters.run_id = $run_id
            and run_filters.position not in (select unnest(cast($comparing as integer[])))
            and not filter_results.keep
    )
select attempts.attempt_id
from attempts
semi join asked using (attempt_id)
left join dropped using (attempt_id)
left join current_verdicts using (attempt_id)
order by
    dropped.attempt_id is not null,
    coalesce(list_position(['correct', 'undecided', 'wrong'], current_verdicts.decision), 2),
    length(attempts.text),
    attempts.attempt_id
