import io
from types import SimpleNamespace
from uuid import UUID

import pytest
from rich.console import Console

from distill.config.recipe import Recipe
from distill.runs.context import Context
from distill.runs.home import Home
from eval.gather import gather
from tests.eval.toy_models import ATTEMPT, FAILURE, NOW
from warehouse.stage import stage_run

RECIPE = Recipe(name="toy", description="A <b>bold</b> plan")
MODEL, PROMPT, PROBLEM = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.fixture
def context(tmp_path):
    console = Console(file=io.StringIO())
    return Context(
        recipe=RECIPE,
        home=Home.at(str(tmp_path)),
        data=None,
        servers=SimpleNamespace(),
        console=console,
    )


def attempt(number, **columns):
    return {
        "attempt_id": UUID(int=100 + number),
        "prompt_id": PROMPT,
        "model_id": MODEL,
        "sampling_id": UUID(int=9),
        "stream": "datagen",
        "sample_index": str(number),
        "text": "42",
        **ATTEMPT,
        **columns,
    }


def make_traces(context):
    """Three traces, two of them correct; the filter `length` drops one of these."""
    attempts = [attempt(0), attempt(1), attempt(2, outcome="length", completion_tokens=70)]
    ids = [row["attempt_id"] for row in attempts]
    with stage_run(context, "generate") as (run, warehouse):
        warehouse.insert("models", [model_row()])
        warehouse.insert("problems", [{"problem_id": PROBLEM, "text": "6 * 7?"}])
        prompt = {"prompt_id": PROMPT, "messages": [], "problem_id": PROBLEM, "wording": "plain"}
        warehouse.insert("prompts", [prompt])
        source = {"source": "sums", "source_row": "0", "domain": "math"}
        origin = {"problem_id": PROBLEM, "licence": "MIT", "revision": "1"}
        warehouse.insert("problem_sources", [source | origin])
        warehouse.insert("attempts", attempts)
        asked = [{"run_id": run.run_id, "attempt_id": attempt_id} for attempt_id in ids]
        warehouse.insert("run_attempts", asked)
        decisions = zip(ids, ("correct", "correct", "wrong"), strict=True)
        warehouse.insert("verdicts", [verdict(*decided) for decided in decisions])
    with stage_run(context, "filter") as (run, warehouse):
        rule = {"filter": "length", "version": "1", "config_hash": UUID(int=5)}
        warehouse.insert("run_filters", [{"run_id": run.run_id, "position": 0, **rule}])
        kept = zip(ids, (True, False, False), strict=True)
        warehouse.insert(
            "filter_results",
            [{"attempt_id": id_, "keep": keep, "reason": "toy", **rule} for id_, keep in kept],
        )
    return warehouse


def model_row():
    return {"model_id": MODEL, "weights_id": "w", "name": "toy-teacher", "licence": "MIT"}


def verdict(attempt_id, decision):
    return {
        "attempt_id": attempt_id,
        "verifier": "math",
        "verifier_version": "1",
        "config_hash": UUID(int=0),
        "gold_version": 1,
        "decision": decision,
        "reason": "toy",
        "milliseconds": 0.1,
        "recorded": NOW,
    }


def test_traces_filters_and_times_of_the_recipe(context):
    report = gather(context, make_traces(context))
    tables = {table.title: table for table in report.tables}
    assert tables["Traces by source"].rows == (("sums", "3", "2", "1", "0", "1", "1", "1", "30"),)
    assert tables["What the filters dropped"].rows == (("length", "3", "2", "2", "2"),)
    stages = [(stage, state) for stage, _, state in tables["Time of each stage"].rows]
    assert stages == [("generate", "finished"), ("filter", "finished")]


def test_every_table_has_as_many_cells_as_headings(context):
    report = gather(context, make_traces(context))
    assert all(len(row) == len(table.header) for table in report.tables for row in table.rows)


def test_requests_that_failed_are_told(context):
    with stage_run(context, "eval") as (run, warehouse):
        warehouse.insert("models", [model_row()])
        keys = ("attempt_id", "prompt_id", "model_id", "sampling_id", "stream", "sample_index")
        failed = [{key: attempt(number)[key] for key in keys} for number in (7, 8)]
        run_id = {"run_id": run.run_id}
        warehouse.insert("failures", [row | FAILURE | run_id for row in failed])
        warehouse.insert("attempts", [attempt(8)])  # answered when it was asked for again
    assert gather(context, warehouse).warnings == (
        "Failed requests to toy-teacher: 1. They count as nothing, neither right nor wrong.",
    )


def test_nothing_evaluated_is_an_empty_report(context):
    with stage_run(context, "report") as (_, warehouse):
        report = gather(context, warehouse)
    assert report.scores == report.comparisons == ()
    assert ("Verifiers", "none") in report.measured
