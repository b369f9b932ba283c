-- All verdicts on $attempt_id, the one that counts first, with the gold that each compared with.
select
    verdicts.verifier,
    verdicts.decision,
    verdicts.reason,
    verdicts.extracted,
    golds.gold,
    verdicts.verifier_version as version,
    current_verdicts.verifier is not null as counts
from verdicts
join attempts using (attempt_id)
left join prompts using (prompt_id)
left join golds using (problem_id, verifier, gold_version)
left join current_verdicts
    on current_verdicts.attempt_id = verdicts.attempt_id
    and current_verdicts.verifier = verdicts.verifier
    and current_verdicts.verifier_version = verdicts.verifier_version
    and current_verdicts.config_hash = verdicts.config_hash
    and current_verdicts.gold_version = verdicts.gold_version
where verdicts.attempt_id = $attempt_id
order by counts desc, verdicts.recorded desc, verdicts.verifier
