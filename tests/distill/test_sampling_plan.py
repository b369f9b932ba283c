from collections.abc import Iterable, Iterator
from itertools import islice
from uuid import UUID

import pytest

from distill.config.prompts import Adaptive
from distill.ids import prompt_id
from distill.sampling.plan import Plan, Result
from distill.sampling.requests import AttemptRequest, Prompt
from tests.distill.sampling_toys import toy_job

JOB = toy_job(max_tokens=100)


def prompts(*names: str) -> list[Prompt]:
    asked = [[{"role": "user", "content": name}] for name in names]
    return [Prompt(prompt_id=prompt_id(messages), messages=messages) for messages in asked]


A, B, C = prompts("a", "b", "c")


def plan_of(*asked: Prompt, num_samples: int = 8, **rule: int | None) -> Plan:
    return Plan(JOB, asked, rule=Adaptive(**{"num_correct": 1} | rule), num_samples=num_samples)


def until_none(plan: Iterator[AttemptRequest | None]) -> list[AttemptRequest]:
    """Return what can be asked without another result."""
    requests = []
    for request in plan:
        if request is None:
            break
        requests.append(request)
    return requests


def indices(requests: Iterable[AttemptRequest]) -> list[tuple[str, int | str]]:
    return [(request.messages[-1]["content"], request.index) for request in requests]


def result(prompt: Prompt, decision: str | None, tokens: int = 10) -> Result:
    return Result(prompt_id=prompt.prompt_id, decision=decision, completion_tokens=tokens)


def test_a_prompt_stops_at_its_last_correct_trace_and_the_plan_after_the_last_prompt() -> None:
    plan = plan_of(A, B)
    requests = iter(plan)
    assert indices(until_none(requests)) == [("a", 0), ("b", 0)]
    plan.settle(result(A, "correct"))
    plan.settle(result(B, "wrong"))
    assert indices(until_none(requests)) == [("b", 1)]
    plan.settle(result(B, "correct"))
    assert list(requests) == []
    assert (plan.tally.num_enough, plan.tally.num_checked, plan.tally.spent) == (2, 3, 30)
    assert not plan.wants_more


def test_never_more_in_flight_than_correct_ones_are_missing() -> None:
    plan = plan_of(A, num_correct=3)
    requests = iter(plan)
    assert indices(until_none(requests)) == [("a", 0), ("a", 1), ("a", 2)]
    plan.settle(result(A, "correct"))
    assert until_none(requests) == []
    plan.settle(result(A, "wrong"))
    assert indices(until_none(requests)) == [("a", 3)]


def test_what_is_undecided_goes_on_and_what_nothing_can_check_counts() -> None:
    plan = plan_of(A, B)
    requests = iter(plan)
    until_none(requests)
    plan.settle(result(A, "undecided"))
    plan.settle(result(B, "none"))
    assert indices(until_none(requests)) == [("a", 1)]
    assert plan.tally.num_enough == 1


def test_a_hard_prompt_gets_all_its_samples_and_is_told() -> None:
    plan = plan_of(A, B, num_samples=3, num_correct=2)
    requests = iter(plan)
    while asked := until_none(requests):
        for request in asked:
            of_a = request.prompt_id == A.prompt_id
            good = of_a and request.index == 1
            plan.settle(result(A if of_a else B, "correct" if good else "wrong"))
    assert (plan.tally.num_short, plan.tally.num_unsolved) == (1, 1)
    assert plan.tally.num_checked == 6


def test_idle_servers_take_samples_ahead_of_verdicts_one_at_a_time() -> None:
    plan = plan_of(A, num_samples=16)
    requests = iter(plan)
    for _ in range(3):
        until_none(requests)
        plan.settle(result(A, "wrong"))
    assert indices(until_none(requests)) == [("a", 3)]
    # three failed, so two more may be in flight: each time that a server asks in vain, one
    ahead = [indices(until_none(requests)) for _ in range(6)]
    assert [batch for batch in ahead if batch] == [[("a", 4)], [("a", 5)]]


def test_the_budget_holds_whatever_is_in_flight() -> None:
    plan = plan_of(A, B, C, token_budget=250)
    requests = iter(plan)
    assert indices(until_none(requests)) == [("a", 0), ("b", 0)]
    plan.settle(result(A, "wrong", tokens=30))
    assert indices(until_none(requests)) == [("c", 0)]  # 30 paid, 100 for b's and 100 for this one
    plan.settle(result(B, "wrong", tokens=100))
    assert until_none(requests) == []
    plan.settle(result(C, "wrong", tokens=100))
    assert list(requests) == []
    assert plan.tally.spent == 230
    assert plan.tally.num_done == 0
    assert not plan.wants_more


def test_samples_that_are_there_count_and_are_not_asked_again() -> None:
    known = [(0, result(A, "wrong")), (2, result(A, "correct")), (0, result(B, "correct"))]
    plan = Plan(JOB, [A, B, C], rule=Adaptive(num_correct=2), num_samples=4, known=known)
    asked = indices(until_none(iter(plan)))
    assert asked == [("a", 1), ("b", 1), ("c", 0), ("c", 1)]
    done = Plan(JOB, [A], rule=Adaptive(num_correct=1), num_samples=4, known=known[:2])
    assert list(done) == []


def test_a_failed_sample_is_replaced_by_the_next() -> None:
    plan = plan_of(A, num_samples=2)
    requests = iter(plan)
    until_none(requests)
    plan.settle(result(A, None, tokens=0))
    assert indices(until_none(requests)) == [("a", 1)]
    assert plan.tally.num_checked == 0


def test_a_judge_that_died_ends_the_plan() -> None:
    plan = plan_of(A)
    requests = iter(plan)
    next(requests)
    plan.fail(OSError("no more"))
    with pytest.raises(OSError, match="no more"):
        next(requests)


def test_what_a_fixed_number_would_have_cost_is_estimated_by_each_prompts_mean() -> None:
    plan = plan_of(A, B, num_samples=4)
    list(islice(plan, 2))
    plan.settle(result(A, "correct", tokens=10))
    plan.settle(result(B, "correct", tokens=30))
    assert plan.tokens_saved() == 3 * 10 + 3 * 30


def test_keys_are_those_of_fixed_sampling() -> None:
    (request,) = until_none(iter(plan_of(A)))
    assert request.attempt_id == JOB.request(A.prompt_id, A.messages, 0).attempt_id
    assert isinstance(request.attempt_id, UUID)
