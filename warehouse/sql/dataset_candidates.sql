-- The traces of run $asking_run as the selection sees them. Of sources that hold the same problem, the first of $sources.
with
    asked as (from run_attempts where run_id = $asking_run),
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
    ),
    difficulties as (
        select problem_id, avg(pass_rate) as pass_rate
        from pass_rate_by_problem
        group by problem_id
    )
select
    attempts.attempt_id,
    prompts.problem_id,
    origins.source,
    coalesce(current_verdicts.decision, 'none') as verdict,
    coalesce(rulings.failed_filters, []) as failed_filters,
    attempts.reasoning_begin is not null as has_reasoning,
    attempts.outcome = 'ok'
        and coalesce(
            regexp_matches(
                substring(attempts.text, attempts.answer_begin + 1, attempts.answer_end - attempts.answer_begin),
                '\S'
            ),
            false
        ) as has_answer,
    length(attempts.text) as num_chars,
    difficulties.pass_rate
from full_traces as attempts
semi join asked using (attempt_id)
join prompts using (prompt_id)
join origins using (problem_id)
left join current_verdicts using (attempt_id)
left join rulings using (attempt_id)
left join difficulties using (problem_id)
order by attempts.attempt_id
