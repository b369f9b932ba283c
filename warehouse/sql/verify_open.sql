-- What the run's verifiers listed before $verifier have not decided of $attempt_ids, at today's versions and golds:
-- problem, its text, the answer, and the newest reference {"answer"} of the first of them that has one.
with
    listed as (
        select position, verifier, version, config_hash
        from run_verifiers
        where run_id = $run_id
            and position < (select min(position) from run_verifiers where run_id = $run_id and verifier = $verifier)
    ),
    newest_golds as (
        select golds.problem_id, golds.verifier, golds.gold_version, golds.gold, listed.position, listed.version, listed.config_hash
        from golds
        join listed using (verifier)
        qualify row_number() over (partition by problem_id, verifier order by gold_version desc) = 1
    ),
    first_golds as (
        select problem_id, gold
        from newest_golds
        where json_type(gold, '$.answer') = 'VARCHAR'
        qualify row_number() over (partition by problem_id order by position) = 1
    )
select
    attempts.attempt_id,
    prompts.problem_id,
    substring(attempts.text, attempts.answer_begin + 1, attempts.answer_end - attempts.answer_begin) as answer,
    first_golds.gold ->> '$.answer' as reference
from full_traces as attempts
semi join (select unnest($attempt_ids) as attempt_id) as asked using (attempt_id)
join prompts on prompts.prompt_id = attempts.prompt_id
left join first_golds on first_golds.problem_id = prompts.problem_id
where not exists (
    from newest_golds
    join verdicts
        on verdicts.attempt_id = attempts.attempt_id
        and verdicts.verifier = newest_golds.verifier
        and verdicts.verifier_version = newest_golds.version
        and verdicts.config_hash = newest_golds.config_hash
        and verdicts.gold_version = newest_golds.gold_version
    where newest_golds.problem_id = prompts.problem_id and verdicts.decision <> 'undecided'
)
order by attempts.attempt_id
