-- Checks of $attempt_ids that no verdict answers yet, by the verifiers that the run declared, each at its newest gold;
-- in the order in which attempts are stored, so that they can be read piece by piece. Of $last_resorts only those
-- whose attempt no verifier listed before has decided.
with
    listed as (
        select position, verifier, version, config_hash
        from run_verifiers
        where run_id = $run_id
    ),
    newest_golds as (
        select problem_id, verifier, gold_version
        from golds
        semi join listed using (verifier)
        qualify row_number() over (partition by problem_id, verifier order by gold_version desc) = 1
    ),
    checks as (
        select
            attempts.rowid as attempt_row,
            attempts.parent_attempt_id is not null as is_continuation,
            attempts.attempt_id,
            listed.position,
            listed.verifier,
            listed.version as verifier_version,
            listed.config_hash,
            newest_golds.gold_version
        from attempts
        semi join (select unnest($attempt_ids) as attempt_id) as asked using (attempt_id)
        join prompts on prompts.prompt_id = attempts.prompt_id
        join newest_golds on newest_golds.problem_id = prompts.problem_id
        join listed on listed.verifier = newest_golds.verifier
    ),
    decided as (
        select checks.attempt_id, min(checks.position) as position
        from checks
        join verdicts using (attempt_id, verifier, verifier_version, config_hash, gold_version)
        where verdicts.decision <> 'undecided'
        group by checks.attempt_id
    )
select
    checks.attempt_row,
    checks.is_continuation,
    checks.attempt_id,
    checks.verifier,
    checks.verifier_version,
    checks.config_hash,
    checks.gold_version
from checks
left join decided on decided.attempt_id = checks.attempt_id and decided.position < checks.position
anti join verdicts
    on verdicts.attempt_id = checks.attempt_id
    and verdicts.verifier = checks.verifier
    and verdicts.verifier_version = checks.verifier_version
    and verdicts.config_hash = checks.config_hash
    and verdicts.gold_version = checks.gold_version
where decided.attempt_id is null or not list_contains($last_resorts, checks.verifier)
order by checks.attempt_row, checks.position
