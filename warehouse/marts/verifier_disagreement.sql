create view verifier_disagreement as
with
    patterns as (
        select domain, decisions, count(*) as n
        from attempt_states
        where is_trace and len(decisions) > 1
        group by domain, decisions
    ),
    firsts as (
        select domain, decisions, n, unnest(decisions) as one
        from patterns
    ),
    pairs as (
        select domain, n, one, unnest(decisions) as two
        from firsts
    ),
    sums as (
        select
            domain,
            one.verifier as verifier,
            two.verifier as other,
            sum(n) as num_traces,
            sum(n) filter (where one.decision = two.decision) as num_agreed,
            sum(n) filter (where one.decision = 'correct' and two.decision = 'wrong') as num_only_correct,
            sum(n) filter (where one.decision = 'wrong' and two.decision = 'correct') as num_only_other_correct,
            sum(n) filter (where one.decision = 'undecided' and two.decision <> 'undecided') as num_only_undecided,
            sum(n) filter (where one.decision <> 'undecided' and two.decision = 'undecided') as num_only_other_undecided,
            sum(n) filter (where one.decision = 'correct' and two.decision = 'correct') as num_both_correct,
            sum(n) filter (where one.decision <> 'undecided' and two.decision <> 'undecided') as num_decided
        from pairs
        where one.verifier < two.verifier
        group by all
    ),
    counts as (
        select domain, verifier, other, cast(coalesce(columns('^num_'), 0) as bigint)
        from sums
    ),
    shares as (
        select
            *,
            1 - (num_only_correct + num_only_other_correct) / nullif(num_decided, 0) as agreement,
            (num_both_correct + num_only_correct) / nullif(num_decided, 0) as correct,
            (num_both_correct + num_only_other_correct) / nullif(num_decided, 0) as other_correct,
            correct * other_correct + (1 - correct) * (1 - other_correct) as by_chance
        from counts
    )
select
    * exclude (correct, other_correct, by_chance),
    (agreement - by_chance) / nullif(1 - by_chance, 0) as kappa
from shares
order by domain, verifier, other;
comment on view verifier_disagreement is 'One row a domain and a pair of verifiers that both checked traces of it [domain, verifier, other], each at its newest gold and version; counts are traces.';
comment on column verifier_disagreement.verifier is 'The first of the pair by name.';
comment on column verifier_disagreement.other is 'The second of the pair by name.';
comment on column verifier_disagreement.num_traces is 'Traces that both checked.';
comment on column verifier_disagreement.num_agreed is 'Both said the same, undecided included.';
comment on column verifier_disagreement.num_only_correct is 'verifier said correct, other wrong.';
comment on column verifier_disagreement.num_only_other_correct is 'verifier said wrong, other correct.';
comment on column verifier_disagreement.num_only_undecided is 'other decided, verifier did not.';
comment on column verifier_disagreement.num_only_other_undecided is 'verifier decided, other did not.';
comment on column verifier_disagreement.num_both_correct is 'Both said correct.';
comment on column verifier_disagreement.num_decided is 'Both decided.';
comment on column verifier_disagreement.agreement is 'Share of num_decided on which they said the same; null where there is none.';
comment on column verifier_disagreement.kappa is 'Cohen''s kappa over num_decided: agreement beyond chance; null where chance alone explains all.';
