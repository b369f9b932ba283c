-- Where do two verifiers disagree?
select
    domain,
    verifier,
    other,
    num_traces,
    num_agreed,
    num_only_correct,
    num_only_other_correct,
    num_only_undecided,
    num_only_other_undecided,
    round(100 * agreement, 1) as agreement_percent
from verifier_disagreement
order by num_traces - num_agreed desc, domain, verifier, other
