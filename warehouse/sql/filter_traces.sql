-- What filters see of the traces of run $asking_run stored from $first_row to $last_row.
with
    stored as (
        select rowid as attempt_row, *
        from attempts
        where parent_attempt_id is null
        union all by name
        select attempts.rowid as attempt_row, continued_traces.*
        from continued_traces
        join attempts using (attempt_id)
        where $with_continued  -- else it would read the texts of all that is continued
    ),
    page as (
        select attempts.*, prompts.problem_id
        from stored as attempts
        semi join (from run_attempts where run_id = $asking_run) as wanted using (attempt_id)
        left join prompts on prompts.prompt_id = attempts.prompt_id
        where attempts.attempt_row between $first_row and $last_row
    ),
    asked as (select distinct problem_id from page),
    domains as (
        select problem_id, arg_min(domain, list_position($sources, source)) as domain
        from problem_sources
        semi join asked using (problem_id)
        where source in (select unnest($sources))
        group by problem_id
    ),
    answers as (
        select problem_id, list(distinct gold->>'answer') filter (where gold->>'answer' is not null) as golds
        from golds
        semi join asked using (problem_id)
        group by problem_id
    )
select
    page.attempt_row,
    page.attempt_id,
    page.text,
    page.shape,
    page.reasoning_begin,
    page.reasoning_end,
    page.answer_begin,
    page.answer_end,
    page.outcome,
    page.completion_tokens,
    problems.text as prompt,
    domains.domain,
    answers.golds
from page
left join problems using (problem_id)
left join domains using (problem_id)
left join answers using (problem_id)
order by page.attempt_row
