-- $attempt_ids as the selection sees them. Of sources that hold the same problem, the first of $sources.
with
    asked as (select unnest($attempt_ids) as attempt_id),
    origins as (
        select problem_id, arg_min(source, list_position($sources, source)) as source
        from problem_sources
        where source in (select unnest($sources))
        group by problem_id
    ),
    rulings as (
        select
            filter_results.attempt_id,
            coalesce(
                list(filter_results.filter order by run_filters.position) filter (where not filter_results.keep), []
            ) as failed_filters
        from run_filters
        join filter_results using (filter, version, config_hash)
        semi join asked on asked.attempt_id = filter_results.attempt_id
        where run_filters.run_id = $filter_run
        group by filter_results.attempt_id
    )
select
    attempts.attempt_id,
    prompts.problem_id,
    origins.source,
    coalesce(current_verdicts.decision, 'none') as verdict,
    coalesce(rulings.failed_filters, []) as failed_filters,
    attempts.outcome = 'ok'
        and attempts.reasoning_begin is not null
        and coalesce(
            regexp_matches(
                substring(attempts.text, attempts.answer_begin + 1, attempts.answer_end - attempts.answer_begin),
                '\S'
            ),
            false
        ) as has_answer,
    length(attempts.text) as num_chars
from full_traces as attempts
semi join asked using (attempt_id)
join prompts using (prompt_id)
join origins using (problem_id)
left join current_verdicts using (attempt_id)
left join rulings using (attempt_id)
order by attempts.attempt_id
