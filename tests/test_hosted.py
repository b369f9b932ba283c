"""The recipe `hosted`, offline: against a stub that behaves like a hosted API."""

import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from datagen import dataset, filter, generate, prompts, verify
from distill.config.load import load_recipe
from distill.errors import UserError
from distill.runs.context import Context
from distill.runs.home import Home
from distill.serving.pool import ServerPool
from tests.stub_server import Server, running
from warehouse import adaptive
from warehouse.checks import run_checks
from warehouse.database import Warehouse

KEY = "sk-not-to-be-found-anywhere"
STAGES = (prompts, generate, verify, filter, dataset)
NUM_PROBLEMS = 12


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(adaptive, "TURN_SEC", 0.05)
    monkeypatch.setenv("TEACHER_API_KEY", KEY)
    limits = {"per_minute": 8, "window": 0.8}
    with running(tmp_path / "log", module="tests.stub_hosted", key=KEY, **limits) as server:
        yield server


def context_of(folder: Path, api: Server, *changes: str) -> Context:
    recipe = load_recipe(
        "hosted",
        [
            f"models.teacher.url={api.url}/v1",
            "models.teacher.prices.input_per_million=0.5",
            "models.teacher.prices.output_per_million=2.0",
            # more than the API allows: 429 comes, and is heeded
            "requests.requests_per_minute=60000",
            f"prompts.0.size={NUM_PROBLEMS // 2}",
            f"prompts.1.size={NUM_PROBLEMS // 2}",
            "verification.num_workers=1",
            "selection.min_traces=2",
            *changes,
        ],
    )
    home = Home.at(str(folder / "home"))
    console = Console(file=io.StringIO(), width=300, highlight=False)
    servers = ServerPool(home, console, keep=False)
    return Context(recipe=recipe, home=home, data=None, servers=servers, console=console)


def rows(context: Context, statement: str) -> list[dict[str, Any]]:
    return Warehouse(context.home.warehouse, "test").query(statement)


def test_from_prompts_to_data_set_with_limits_prices_and_reasoning_apart(
    tmp_path: Path, api: Server
) -> None:
    context = context_of(tmp_path, api)
    for stage in STAGES:
        stage.check(context)
        stage.run(context)
    statuses = Counter(request["status"] for request in api.requests())
    assert statuses[200] == NUM_PROBLEMS
    assert statuses[429] > 0
    assert statuses.keys() == {200, 429}
    shapes = rows(context, "select distinct shape from attempts")
    assert shapes == [{"shape": "field"}]
    (cost,) = rows(context, "from cost")
    assert (cost["num_responses"], cost["num_accepted"]) == (NUM_PROBLEMS, NUM_PROBLEMS)
    assert cost["prompt_tokens"] == 11 * NUM_PROBLEMS
    paid = (0.5 * cost["prompt_tokens"] + 2.0 * cost["completion_tokens"]) / 1e6
    assert cost["cost"] == pytest.approx(paid)
    assert (cost["currency"], cost["gpu_seconds"]) == ("USD", None)
    assert cost["cost_per_accepted"] == pytest.approx(paid / NUM_PROBLEMS)
    (refused,) = rows(context, "from failures_by_cause")
    assert (refused["cause"], refused["num_tries"]) == ("http-429", statuses[429])
    assert (refused["num_given_up"], refused["message"]) == (0, None)
    (items,) = rows(context, "select count(*) as n from dataset_items")
    assert items["n"] == NUM_PROBLEMS
    assert run_checks(Warehouse(context.home.warehouse, "test")) == []


def test_the_key_is_stored_nowhere(
    tmp_path: Path, api: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEACHER_API_KEY", KEY + "-wrong")
    context = context_of(tmp_path, api)
    prompts.run(context)
    with pytest.raises(UserError) as refused:
        generate.run(context)
    assert r"Incorrect API key provided: ***" in str(refused.value)
    kept = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert len(kept) > 3
    assert [path for path in kept if KEY.encode() in path.read_bytes()] == []


def test_without_a_key_or_over_an_open_line_nothing_is_sent(
    tmp_path: Path, api: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEACHER_API_KEY")
    with pytest.raises(UserError, match="export TEACHER_API_KEY="):
        generate.check(context_of(tmp_path, api))
    monkeypatch.setenv("TEACHER_API_KEY", KEY)
    with pytest.raises(UserError, match="unencrypted"):
        generate.check(context_of(tmp_path, api, "models.teacher.url=http://example.org/v1"))
    assert api.requests() == []


def test_fields_that_the_api_does_not_know_are_refused_before_they_cost(
    tmp_path: Path, api: Server
) -> None:
    with pytest.raises(UserError, match=r"generation\.sampling\.top_k = 20"):
        generate.check(context_of(tmp_path, api, "generation.sampling.top_k=20"))
