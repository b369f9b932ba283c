from collections import Counter
from uuid import UUID

import pytest

from datagen.selection import Candidate, choose_traces, split_of
from distill.config.curation import Arm
from distill.errors import UserError

RULES = {"length", "repetition"}


def trace(number: int, problem: int, **more) -> Candidate:
    fields = {"source": "s", "domain": "math", "verdict": "correct", "failed_filters": ()}
    fields |= {"has_reasoning": True, "has_answer": True, "num_chars": 100, **more}
    return Candidate(attempt_id=UUID(int=number), problem_id=UUID(int=problem), **fields)


def numbers(chosen):
    return [item.candidate.attempt_id.int for item in chosen.items]


def choose(candidates, seed=0, **arm):
    return choose_traces(candidates, Arm(**arm), RULES, 0.0, seed)


def test_what_does_not_fit_is_left_out_for_its_first_reason():
    candidates = [
        trace(1, 1),
        trace(2, 2, verdict="wrong", failed_filters=("length",)),
        trace(3, 3, verdict="none"),
        trace(4, 4, failed_filters=("length", "repetition"), has_answer=False),
        trace(5, 5, has_answer=False),
        trace(6, 6, failed_filters=("think_format",)),
    ]
    chosen = choose(candidates)
    assert numbers(chosen) == [1, 6]  # think_format is none of the arm's rules
    assert chosen.left_out == {
        "wrong": 1,
        "not checked": 1,
        "filter length": 1,
        "no reasoning or no answer": 1,
    }


def test_every_trace_is_chosen_or_left_out():
    candidates = [trace(n, n % 7, num_chars=n) for n in range(50)]
    chosen = choose(candidates, max_per_problem=3, max_traces=10)
    assert chosen.left_out == {"more than 3 of a problem": 29, "more than 10 in all": 11}
    assert len(chosen.items) == 10


def test_the_shortest_of_a_problem_come_first():
    candidates = [trace(1, 1, num_chars=9), trace(2, 1, num_chars=5), trace(3, 1, num_chars=7)]
    assert numbers(choose(candidates)) == [2]
    assert numbers(choose(candidates, max_per_problem=2)) == [2, 3]
    assert numbers(choose(candidates, prefer="random")) == [1]


def test_where_the_size_cuts_every_problem_gives_one_before_any_gives_two():
    candidates = [trace(n, problem) for n, problem in enumerate([1, 1, 1, 2, 3, 3])]
    assert numbers(choose(candidates, max_per_problem=3, max_traces=4)) == [0, 3, 4, 1]


def test_the_order_of_the_candidates_does_not_matter():
    candidates = [trace(n, n % 3, num_chars=n % 5) for n in range(20)]
    one, other = choose(candidates, max_traces=2), choose(candidates[::-1], max_traces=2)
    assert one == other


def test_a_problem_is_in_one_split_whatever_the_arm():
    chosen = choose_traces([trace(n, 2**127 + n % 2) for n in range(4)], Arm(), RULES, 0.6)
    assert {item.split for item in chosen.items} == {"validation"}
    assert (chosen.num("train"), chosen.num("validation")) == (0, 2)


def of_domains(**numbers):
    names = [domain for domain, number in numbers.items() for _ in range(number)]
    return [trace(n, n, domain=domain) for n, domain in enumerate(names)]


def domains(chosen):
    return dict(Counter(item.candidate.domain for item in chosen.items))


QUOTAS = {"math": 40, "code": 20, "stem": 1}


@pytest.mark.parametrize(
    ("when_short", "taken"),
    [
        ("keep", {"math": 30, "code": 20, "stem": 1}),
        ("shrink", {"math": 30, "code": 15}),  # three quarters of each, rounded down
    ],
)
def test_domains_have_quotas_and_a_rule_for_when_they_fall_short(when_short, taken):
    candidates = of_domains(math=30, code=50, stem=2, logic=5)
    chosen = choose(candidates, quotas=QUOTAS, when_short=when_short)
    assert domains(chosen) == taken
    assert chosen.short == {"math": (30, 40)}
    assert chosen.left_out["no quota for logic"] == 5
    assert chosen.left_out["over the quota of code"] == 50 - taken["code"]
    assert len(chosen.items) + sum(chosen.left_out.values()) == len(candidates)


def test_a_domain_that_falls_short_can_be_refused():
    with pytest.raises(UserError, match="math has 39 of 40, stem has 0 of 1"):
        choose(of_domains(math=39, code=20), quotas=QUOTAS, when_short="refuse")
    enough = choose(of_domains(math=40, code=20, stem=1), quotas=QUOTAS, when_short="refuse")
    assert domains(enough) == QUOTAS


def test_an_empty_quota_takes_nothing_and_is_never_short():
    chosen = choose(of_domains(math=2), quotas={"math": 1, "code": 0}, when_short="shrink")
    assert (domains(chosen), chosen.short) == ({"math": 1}, {})


def test_general_answers_need_neither_verdict_nor_reasoning():
    general = {"domain": "general", "verdict": "none", "has_reasoning": False}
    candidates = [
        trace(1, 1, **general),
        trace(2, 2, **general | {"domain": "math"}),
        trace(3, 3, **general, failed_filters=("repetition",)),
        trace(4, 4, **general | {"has_answer": False}),
    ]
    arm = {"unverified_domains": ("general",), "pass_rate": (0.1, 0.9)}
    assert numbers(choose(candidates, **arm)) == [1]
    assert numbers(choose(candidates)) == []


def test_problems_of_a_difficulty():
    candidates = [trace(n, n, pass_rate=rate) for n, rate in enumerate((0, 0.1, 0.5, 1, None))]
    chosen = choose(candidates, pass_rate=(0.1, 0.5))
    assert numbers(chosen) == [1, 2]
    assert chosen.left_out == {"pass rate not in 0.1 to 0.5": 2, "pass rate unknown": 1}
    assert numbers(choose(candidates, order="hardest", max_traces=2)) == [0, 1]
    assert numbers(choose(candidates, order="easiest", max_traces=4)) == [3, 2, 1, 0]


def test_a_seed_makes_another_choice_and_the_same_one_again():
    candidates = [trace(n, n) for n in range(100)]
    first, second = (numbers(choose(candidates, max_traces=50, seed=seed)) for seed in (0, 1))
    assert first == list(range(50))
    assert second == numbers(choose(candidates, max_traces=50, seed=1)) != first
    assert 15 < len(set(first) & set(second)) < 35


def test_losses_are_told_by_source():
    candidates = [trace(1, 1), trace(2, 1, source="t"), trace(3, 2, source="t", verdict="wrong")]
    assert choose(candidates).left_out_of == {
        ("t", "more than 1 of a problem"): 1,
        ("t", "wrong"): 1,
    }


@pytest.mark.parametrize(
    ("problem", "share", "split"),
    [
        (0, 0.0, "train"),
        (0, 0.1, "validation"),
        (2**127, 0.5, "train"),
        (2**127 - 2**80, 0.5, "validation"),
        (2**128 - 1, 0.99, "train"),
    ],
)
def test_splits_go_by_hash(problem, share, split):
    assert split_of(UUID(int=problem), share) == split
