"""Pass rates of prompts that were sampled until enough was correct, against the truth."""

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any
from uuid import UUID

import pytest

from distill.config.prompts import Adaptive
from distill.ids import content_id, prompt_id
from distill.sampling.plan import Plan, Result
from distill.sampling.requests import Prompt
from tests.distill.sampling_toys import toy_job
from tests.warehouse.toy_warehouse import CONFIG, TIME, Toy, uid

RULE = {"num_correct": 2, "num_samples": 5, "token_budget": None}


def sampled(toy: Toy, problem: str, right: Sequence[bool], rule: dict[str, Any] | None) -> None:
    """Write down samples of a problem in order, each right or wrong."""
    toy.problem(problem)
    for index, is_right in enumerate(right):
        name = f"{problem} {index}"
        toy.attempt(name, problem, sample_index=index, stopping_rule=rule)
        toy.verdict(name, "math", "correct" if is_right else "wrong")


def rates(toy: Toy) -> dict[UUID, tuple[str, float]]:
    rows = toy.query("select problem_id, estimator, pass_rate from pass_rate_by_problem")
    return {row["problem_id"]: (row["estimator"], row["pass_rate"]) for row in rows}


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Toy]:
    toy = Toy(tmp_path)
    with toy.write():
        toy.run("generate", "generate")
        yield toy


def test_the_mart_says_which_estimator_it_used(toy: Toy) -> None:
    sampled(toy, "stopped", [False, True, False, True], RULE)
    sampled(toy, "exhausted", [False, False, True, False, False], RULE)
    sampled(toy, "never", [False] * 5, RULE)
    sampled(toy, "overshot", [True, True, False, True], RULE)  # asked ahead of the verdicts
    sampled(toy, "once", [False, True], RULE | {"num_correct": 1})
    sampled(toy, "at once", [True], RULE | {"num_correct": 1})
    sampled(toy, "fixed", [True, True, False, True], None)
    assert rates(toy) == {
        uid("stopped"): ("inverse", 1 / 3),
        uid("exhausted"): ("share", 1 / 5),
        uid("never"): ("share", 0.0),
        uid("overshot"): ("inverse", 1.0),
        uid("once"): ("inverse", 0.0),
        uid("at once"): ("inverse", 1.0),
        uid("fixed"): ("share", 3 / 4),
    }


def test_fixed_samples_that_adaptive_ones_went_on_from_count_in_their_order(toy: Toy) -> None:
    sampled(toy, "p", [False, True, False], None)
    for index, decision in [(3, "undecided"), (10, "wrong"), (9, "correct")]:
        toy.attempt(f"p {index}", "p", sample_index=index, stopping_rule=RULE)
        toy.verdict(f"p {index}", "math", decision)
    assert rates(toy) == {uid("p"): ("inverse", 1 / 3)}


def stopped(right: Sequence[bool], num_correct: int) -> Sequence[bool]:
    """Return the samples that are asked for: up to the one that makes it enough."""
    for n in range(1, len(right) + 1):
        if sum(right[:n]) == num_correct:
            return right[:n]
    return right


@pytest.mark.parametrize("num_correct", [1, 2, 3])
def test_the_estimate_is_unbiased_exactly(toy: Toy, num_correct: int) -> None:
    """Over all 2^5 courses, each weighted by its probability, the mean is the truth."""
    courses = list(product([False, True], repeat=5))
    asked = [stopped(right, num_correct) for right in courses]
    write(toy, asked, RULE | {"num_correct": num_correct})
    estimates = rates(toy)
    found = [estimates[uid(f"p{number}")][1] for number in range(len(courses))]
    for p in (0.0, 0.1, 0.5, 0.9, 1.0):
        weights = [p ** sum(right) * (1 - p) ** (5 - sum(right)) for right in courses]
        mean = sum(w * rate for w, rate in zip(weights, found, strict=True))
        assert mean == pytest.approx(p, abs=1e-12)


def simulate(num_prompts: int, rule: Adaptive, p: float) -> list[list[bool]]:
    """Run a plan whose servers answer right ones first, as they do where those are shorter."""
    random = Random(20261125)
    prompts = [
        Prompt(prompt_id=prompt_id([{"role": "user", "content": str(n)}]), messages=[])
        for n in range(num_prompts)
    ]
    plan = Plan(toy_job(), prompts, rule=rule, num_samples=8)
    samples: dict[UUID, dict[int, bool]] = {prompt.prompt_id: {} for prompt in prompts}
    in_flight = []
    for request in plan:
        if request is not None:
            right = random.random() < p
            samples[request.prompt_id][int(request.index)] = right
            in_flight.append((not right, random.random(), request.prompt_id))
        if request is None or len(in_flight) == 64:
            in_flight.sort(reverse=True)
            is_wrong, _, key = in_flight.pop()
            plan.settle(Result(prompt_id=key, decision="wrong" if is_wrong else "correct"))
    return [[of[index] for index in sorted(of)] for of in samples.values()]


def test_nothing_of_how_servers_answer_biases_it(toy: Toy) -> None:
    """Simulated with the plan itself, samples in flight side by side and right answers first.

    1,500 prompts, each estimate within [0, 1] with a standard deviation of at most 0.35 (as
    measured on them): the mean's standard error is below 0.01, and four of them are allowed.
    """
    p, num_prompts, rule = 0.3, 1500, Adaptive(num_correct=2)
    courses = simulate(num_prompts, rule, p)
    told = RULE | {"num_samples": 8}
    write(toy, courses, told)
    found = [rate for _, rate in rates(toy).values()]
    assert len(found) == num_prompts
    assert fmean((rate - p) ** 2 for rate in found) < 0.35**2
    assert abs(fmean(found) - p) < 0.04
    naive = fmean(sum(right) / len(right) for right in courses)
    assert naive > p + 0.04  # what the share of correct ones would have said


def write(toy: Toy, courses: Sequence[Sequence[bool]], rule: dict[str, Any]) -> None:
    """Write many courses at once."""
    attempts, verdicts, problems, prompts = [], [], [], []
    for number, right in enumerate(courses):
        messages = [{"role": "user", "content": str(number)}]
        key = {"prompt_id": prompt_id(messages), "problem_id": uid(f"p{number}")}
        problems.append({"problem_id": key["problem_id"], "text": str(number)})
        prompts.append(key | {"messages": messages, "wording": "plain"})
        for index, is_right in enumerate(right):
            id_ = content_id([number, index])
            attempts.append(
                {"attempt_id": id_, "prompt_id": key["prompt_id"], "model_id": uid("teacher")}
                | {"sampling_id": uid("s"), "stream": "datagen", "sample_index": str(index)}
                | {"text": "", "shape": "none", "outcome": "ok", "repaired": 0}
                | {"stopping_rule": rule}
            )
            verdicts.append(
                {"attempt_id": id_, "verifier": "math", "verifier_version": "1", "reason": ""}
                | {"config_hash": CONFIG, "gold_version": 1, "milliseconds": 1.0}
                | {"decision": "correct" if is_right else "wrong", "recorded": TIME.format(1)}
            )
    toy.model("teacher")
    for relation, rows in [
        *(("problems", problems), ("prompts", prompts)),
        *(("attempts", attempts), ("verdicts", verdicts)),
    ]:
        toy.insert(relation, rows)
