create view current_verdicts as
select
    attempt_id,
    decision,
    score,
    reason,
    extracted,
    verifier,
    verifier_version,
    config_hash,
    gold_version,
    milliseconds,
    judge_attempt_id,
    recorded
from attempt_states;
comment on view current_verdicts is 'One row an attempt [attempt_id]: the verdict that counts, that of the first verifier that decided, in the order of the newest run that verified on a recipe that asked for the attempt (by name where none did), at its newest gold and version; undecided where none decided, nulls where nothing was checked.';
