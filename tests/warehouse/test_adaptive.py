"""Adaptive sampling against a stub that answers some sums rightly now and then."""

from collections import Counter
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from distill.config.models import ModelSpec
from distill.config.recipe import Recipe
from distill.ids import problem_id, prompt_id
from distill.runs.context import Context
from distill.runs.home import Home
from distill.sampling.requests import Prompt
from distill.serving.pool import ServerPool
from tests.stub_hosted import is_right
from tests.stub_server import Server, running
from warehouse import adaptive
from warehouse.adaptive import AdaptiveReport, collect_adaptively
from warehouse.checks import run_checks
from warehouse.database import Warehouse
from warehouse.stage import stage_run

SUMS = [(n, share) for n, share in enumerate([100, 100, 60, 30, 0, 30, 60, 0])]
MESSAGES = [f"What is {n} + {n}? (solved {share}%)" for n, share in SUMS]
NUM_SAMPLES = 6


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path / "log", module="tests.stub_hosted", delay=0.01) as server:
        yield server


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adaptive, "TURN_SEC", 0.02)


def context_of(folder: Path, rule: dict[str, Any]) -> Context:
    home, console = Home.at(str(folder / "home")), Console(file=StringIO())
    recipe = Recipe.model_validate(
        {
            "name": "toy",
            "generation": {
                "num_samples": NUM_SAMPLES,
                "adaptive": rule,
                "sampling": {"max_tokens": 30},
            },
            "verification": {"verifiers": ["math"], "num_workers": 1},
        }
    )
    servers = ServerPool(home, console, keep=False)
    return Context(recipe=recipe, home=home, data=None, servers=servers, console=console)


def ask(folder: Path, server: Server | None, **rule: Any) -> tuple[Context, AdaptiveReport]:
    """Sample the sums, whose golds are in the warehouse."""
    context = context_of(folder, rule)
    url = f"{server.url}/v1" if server else "http://127.0.0.1:1/v1"
    prompts = []
    with stage_run(context, "generate") as (run, warehouse):
        for (n, _), text in zip(SUMS, MESSAGES, strict=True):
            messages = [{"role": "user", "content": text}]
            prompts.append(Prompt(prompt_id=prompt_id(messages), messages=messages))
            key = {"problem_id": problem_id(text)}
            warehouse.insert("problems", [key | {"text": text}])
            asked = {"prompt_id": prompts[-1].prompt_id, "messages": messages}
            warehouse.insert("prompts", [key | asked | {"wording": "plain"}])
            warehouse.insert_golds(
                [
                    key
                    | {"verifier": "math", "gold": {"answer": str(2 * n)}}
                    | {"origin": "toy", "gold_version": 1}
                ]
            )
        report = collect_adaptively(
            context,
            run,
            warehouse,
            spec=ModelSpec(source="stub", url=url),
            prompts=prompts,
            generation=context.recipe.generation,
        )
    return context, report


def rows(context: Context, statement: str) -> list[dict[str, Any]]:
    return Warehouse(context.home.warehouse, "test").query(statement)


def expected(num_correct: int) -> Counter[str]:
    """Return how often each sum is asked, one after another, until it was right so often."""
    asked: Counter[str] = Counter()
    for message in MESSAGES:
        right = [is_right(message, nth) for nth in range(1, NUM_SAMPLES + 1)]
        stops = [n for n in range(1, NUM_SAMPLES + 1) if sum(right[:n]) == num_correct]
        asked[message] = min(stops, default=NUM_SAMPLES)
    return asked


def test_easy_prompts_stop_early_and_hard_ones_go_on(tmp_path: Path, stub: Server) -> None:
    context, report = ask(tmp_path, stub, num_correct=1)
    # Idle servers may take samples ahead of the verdicts, never more than the prompt has had.
    asked, least = stub.asked(), expected(1)
    assert all(least[m] <= asked[m] <= min(NUM_SAMPLES, 2 * least[m]) for m in MESSAGES)
    assert [asked[m] for m in MESSAGES[:2]] == [1, 1]
    tally = report.tally
    never = [m for m in MESSAGES if not any(is_right(m, n) for n in range(1, NUM_SAMPLES + 1))]
    assert (tally.num_enough, tally.num_unsolved) == (len(MESSAGES) - len(never), len(never))
    assert len(never) >= 2
    unsolved = rows(context, "select num_samples from pass_rate_by_problem where num_correct = 0")
    assert unsolved == [{"num_samples": NUM_SAMPLES}] * len(never)
    # Everything asked is there, with its verdict and the rule that it was asked under.
    total = sum(asked.values())
    assert rows(context, "select count(*) n from verdicts") == [{"n": total}]
    rules = rows(context, "select distinct stopping_rule from attempts")
    rule = {"num_samples": NUM_SAMPLES, "num_correct": 1, "token_budget": None}
    assert rules == [{"stopping_rule": rule}]
    assert report.tokens_saved > 0
    assert run_checks(Warehouse(context.home.warehouse, "test")) == []


def test_again_asks_nothing_and_needs_no_server(tmp_path: Path, stub: Server) -> None:
    ask(tmp_path, stub, num_correct=2)
    total = sum(stub.asked().values())
    _, report = ask(tmp_path, None, num_correct=2)
    assert (report.num_found, report.sampled.num_answered) == (total, 0)
    assert report.tally.num_done == len(MESSAGES)


def test_more_correct_ones_pay_for_the_new_samples_only(tmp_path: Path, stub: Server) -> None:
    ask(tmp_path, stub, num_correct=1)
    total = sum(stub.asked().values())
    _, report = ask(tmp_path, stub, num_correct=3)
    assert report.num_found == total
    assert sum(stub.asked().values()) == total + report.sampled.num_answered
    assert max(stub.asked().values()) == NUM_SAMPLES


def test_the_budget_of_the_run_is_kept_over_sessions(tmp_path: Path, stub: Server) -> None:
    rule = {"num_correct": 1, "token_budget": 300}
    context, report = ask(tmp_path, stub, **rule)
    (paid,) = rows(context, "select sum(completion_tokens) as tokens from attempts")
    assert paid["tokens"] == report.tally.spent <= 300
    assert 300 - report.tally.spent < 30  # as far as a request of max_tokens would fit
    assert report.tally.num_done < len(MESSAGES)
    again = ask(tmp_path, None, **rule)[1]
    assert again.sampled.num_answered == 0
