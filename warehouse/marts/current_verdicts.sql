create view current_verdicts as
with
    listed as (
        select run_verifiers.verifier, run_verifiers.version, run_verifiers.config_hash, run_verifiers.position
        from run_verifiers
        join runs using (run_id)
        qualify dense_rank() over (order by runs.started desc, run_id) = 1
    ),
    newest as (
        select verdicts.*, listed.position
        from verdicts
        left join listed using (verifier)
        qualify row_number() over (
            partition by attempt_id, verdicts.verifier
            order by
                gold_version desc,
                verifier_version is not distinct from listed.version
                    and verdicts.config_hash is not distinct from listed.config_hash desc,
                recorded desc,
                verifier_version desc,
                verdicts.config_hash
        ) = 1
    ),
    chosen as (
        from newest
        qualify row_number() over (
            partition by attempt_id
            order by decision = 'undecided', position nulls last, verifier
        ) = 1
    )
select
    attempts.attempt_id,
    chosen.decision,
    chosen.score,
    chosen.reason,
    chosen.extracted,
    chosen.verifier,
    chosen.verifier_version,
    chosen.config_hash,
    chosen.gold_version,
    chosen.milliseconds,
    chosen.judge_attempt_id,
    chosen.recorded
from attempts
left join chosen on attempts.attempt_id = chosen.attempt_id;
comment on view current_verdicts is 'One row an attempt [attempt_id]: the verdict that counts, that of the first verifier that decided, in the order of the newest run that verified, at its newest gold and version; undecided where none decided, nulls where nothing was checked.';
comment on column current_verdicts.decision is 'correct | wrong | undecided; null: unchecked.';
comment on column current_verdicts.score is '0 to 1; null where the verifier gives none.';
