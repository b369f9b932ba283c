from uuid import UUID

import pytest

from datagen.selection import Candidate, choose_traces, split_of
from distill.config.curation import Arm

RULES = {"length", "repetition"}


def trace(number: int, problem: int, **more) -> Candidate:
    fields = {"source": "s", "verdict": "correct", "failed_filters": (), "has_answer": True}
    fields |= {"num_chars": 100, **more}
    return Candidate(attempt_id=UUID(int=number), problem_id=UUID(int=problem), **fields)


def numbers(chosen):
    return [item.candidate.attempt_id.int for item in chosen.items]


def choose(candidates, **arm):
    return choose_traces(candidates, Arm(**arm), RULES, 0.0)


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
