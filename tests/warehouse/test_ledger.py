"""What a run spent: the marts cost, throughput and failures_by_cause, and the live line."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from distill.config.models import ModelSpec, Prices
from distill.sampling.report import SampleReport
from distill.serving.profile import num_gpus
from tests.warehouse.toy_warehouse import Toy, uid
from warehouse.ledger import Session

AT = "2026-01-01T00:{}+00:00"
MODEL = SimpleNamespace(model_id=uid("teacher"))


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Toy]:
    toy = Toy(tmp_path)
    with toy.write():
        toy.run("generate", "generate")
        toy.problem("p", "gsm8k")
        yield toy


def paid(toy: Toy, name: str, minute: str, *, verdict: str | None = None, **more: Any) -> None:
    """Write down a response that the run paid for: 10 prompt tokens, 100 completion tokens."""
    of = {"run_id": uid("generate"), "server": "a:1", "finished": AT.format(minute)}
    toy.attempt(name, "p", **{"latency_sec": 2.0} | of | more)
    if verdict:
        toy.verdict(name, "math", verdict)


def tried(toy: Toy, name: str, cause: str, tokens: int | None, **more: Any) -> None:
    row = {"attempt_id": uid(name), "model_id": uid("teacher"), "stream": "datagen"}
    row |= {"prompt_id": uid("q"), "sampling_id": uid("s"), "sample_index": "0", "cause": cause}
    row |= {"run_id": uid("generate"), "server": "a:1", "started": AT.format("00:30")}
    toy.insert("tries", [row | {"latency_sec": 1.0, "completion_tokens": tokens} | more])


def session(toy: Toy, seconds: float, num_gpus: int | None, started: str, **prices: Any) -> None:
    row = {"run_id": uid("generate"), "model_id": uid("teacher"), "started": AT.format(started)}
    row |= {"seconds": seconds, "num_gpus": num_gpus}
    toy.insert("sampling_sessions", [row | Prices(**prices).model_dump()])


def test_cost_sets_waste_apart_and_reckons_per_accepted_trace(toy: Toy) -> None:
    paid(toy, "right", "00:10", verdict="correct")
    paid(toy, "right too", "00:50", verdict="correct")
    paid(toy, "wrong", "01:10", verdict="wrong", sample_index=1)
    paid(toy, "cut", "01:20", outcome="length", completion_tokens=300)
    toy.attempt("found", "p", completion_tokens=7777)  # paid by nobody known
    tried(toy, "right", "no-response", 40)
    tried(toy, "never", "no-response", 20, started=AT.format("00:31"))
    tried(toy, "right", "timeout", None, started=AT.format("00:32"))
    tried(toy, "right", "http-429", None, started=AT.format("00:33"))
    prices = {"input_per_million": 1.0, "output_per_million": 4.0, "gpu_hour": 2.0}
    session(toy, 60.0, 8, "00:00", **prices)
    session(toy, 30.0, 8, "02:00", **prices)
    (row,) = toy.query("from cost")
    counted = ("num_responses", "num_accepted", "prompt_tokens", "completion_tokens", "num_untold")
    assert [row[name] for name in counted] == [4, 2, 40, 660, 1]
    wasted = ("failed_tokens", "reasked_tokens", "truncated_tokens", "rejected_tokens")
    assert [row[name] for name in wasted] == [20, 40, 300, 100]
    assert (row["seconds"], row["gpu_seconds"]) == (90.0, 720.0)
    assert row["cost"] == pytest.approx((40 * 1.0 + 660 * 4.0) / 1e6 + 720 / 3600 * 2.0)
    assert row["cost_per_accepted"] == row["cost"] / 2
    assert row["tokens_per_accepted"] == 330
    assert (row["stage"], row["model"], row["points"]) == ("generate", "teacher", None)


def test_what_is_not_known_is_null(toy: Toy) -> None:
    paid(toy, "a", "00:10")
    session(toy, 60.0, 0, "00:00")
    (row,) = toy.query("from cost")
    assert (row["cost"], row["gpu_seconds"], row["cost_per_accepted"]) == (None, 0.0, None)
    session(toy, 60.0, None, "02:00", gpu_hour=2.0)
    (row,) = toy.query("from cost")
    assert (row["cost"], row["gpu_seconds"]) == (None, None)


def test_a_benchmark_point_costs_what_all_traces_cost(toy: Toy) -> None:
    paid(toy, "a", "00:10", verdict="correct")
    session(toy, 3600.0, 1, "00:00", gpu_hour=3.0)
    toy.run("eval", "eval")
    for student, gain in [("one", 0.10), ("two", 0.20)]:
        row = {"run_id": uid("eval"), "student": student, "student_model_id": uid(student)}
        row |= {"benchmark": "overall", "method": "m", "num_problems": 10, "gain": gain}
        toy.insert("comparisons", [row | {"recorded": AT.format("30:00")}])
    (row,) = toy.query("select points, cost_per_point, tokens_per_point from cost")
    assert row == pytest.approx(
        {"points": 15.0, "cost_per_point": 0.2, "tokens_per_point": 100 / 15}
    )


def test_throughput_counts_by_minute_and_server(toy: Toy) -> None:
    paid(toy, "a", "00:10")
    paid(toy, "b", "00:59", latency_sec=4.0)
    paid(toy, "c", "01:00", server="b:2")
    tried(toy, "d", "timeout", None, started=AT.format("00:58"), latency_sec=1.5)
    rows = toy.query("from throughput")
    assert [(row["minute"].minute, row["server"]) for row in rows] == [(0, "a:1"), (1, "b:2")]
    first = rows[0]
    assert (first["num_responses"], first["num_tries_failed"]) == (2, 1)
    assert (first["completion_tokens"], first["tokens_per_sec"]) == (200, 200 / 60)
    assert first["mean_latency_sec"] == 3.0


def test_causes_tell_what_was_answered_later_and_what_was_given_up(toy: Toy) -> None:
    paid(toy, "a", "00:10")
    tried(toy, "a", "timeout", None)
    tried(toy, "a", "lost", None, started=AT.format("00:31"), latency_sec=None)
    tried(toy, "b", "timeout", None)
    row = {"attempt_id": uid("b"), "prompt_id": uid("q"), "model_id": uid("teacher")}
    row |= {"sampling_id": uid("s"), "stream": "datagen", "sample_index": "0", "num_tries": 5}
    row |= {"run_id": uid("generate"), "message": "slow", "recorded": AT.format("02:00")}
    toy.insert("failures", [row | {"cause": "timeout"}])
    rows = toy.query(
        "select cause, num_tries, num_requests, num_answered_later, num_given_up, message "
        "from failures_by_cause"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("timeout", 2, 2, 1, 1, "slow"),
        ("lost", 1, 1, 1, 0, None),
    ]


def test_a_session_is_one_row_however_often_it_is_written(toy: Toy) -> None:
    run: Any = SimpleNamespace(run_id=uid("generate"))
    spec = ModelSpec(source="s", num_gpus=4, prices=Prices(gpu_hour=9.0))
    asking = Session(run, toy, MODEL, spec)  # type: ignore[arg-type]
    asking.touch()
    asking.touch()
    (row,) = toy.query("from sampling_sessions")
    assert (row["num_gpus"], row["gpu_hour"], row["currency"]) == (4, 9.0, "USD")
    report = SampleReport(num_ok=3, num_failed=1, completion_tokens=500, seconds=100.0)
    said = asking.note(report, kept=3, of=4)
    assert said == "5 tok/s, 75% kept, 1 failed, 1.0000 USD"


def test_gpus_are_counted_where_the_recipe_tells() -> None:
    assert num_gpus(ModelSpec(source="s")) == 0  # the profile cpu
    assert num_gpus(ModelSpec(source="s", profile="gpu")) == 1
    assert num_gpus(ModelSpec(source="s", profile="r1-8xh200")) == 8
    wide = {"tensor-parallel-size": 4, "pipeline_parallel_size": 2}
    assert num_gpus(ModelSpec(source="s", profile="gpu", server_args=wide)) == 8
    assert num_gpus(ModelSpec(source="s", url="http://h/v1")) is None
    assert num_gpus(ModelSpec(source="s", url="http://h/v1", num_gpus=16)) == 16
