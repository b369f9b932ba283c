-- Checks of $attempt_ids that no verdict answers yet, by the verifiers that the run declared, each at its newest gold;
-- in the order in which attempts are stored, so that they can be read piece by piece.
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
    )
select
    attempts.rowid as attempt_row,
    attempts.attempt_id,
    listed.verifier,
    listed.version as verifier_version,
    listed.config_hash,
    newest_golds.gold_version
from attempts
semi join (select unnest($attempt_ids) as attempt_id) as asked using (attempt_id)
join prompts on prompts.prompt_id = attempts.prompt_id
join newest_golds on newest_golds.problem_id = prompts.problem_id
join listed on listed.verifier = newest_golds.verifier
anti join verdicts
    on verdicts.attempt_id = attempts.attempt_id
    and verdicts.verifier = listed.verifier
    and verdicts.verifier_version = listed.version
    and verdicts.config_hash = listed.config_hash
    and verdicts.gold_version = newest_golds.gold_version
order by attempt_row, listed.position
