"""Questions at R1's size: marts that count, texts searched and shown, one trace by its id."""

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

from tests.bench.apart import apart
from tests.bench.figure import Figure
from tests.bench.fullsize import SQL, folder, load_attempts, load_facts, source
from tests.bench.manytraces import num_rows
from warehouse.database import Warehouse
from warehouse.library import questions
from warehouse.scripts import marts

OVER_TEXT = frozenset(
    {
        *("traces", "attempts_all", "full_traces", "stored_attempts", "continued_traces"),
        "current_verdicts",
        "current_filters",
    }
)
"""Marts with a row an attempt, texts among them: asked for some rows, not counted whole."""
BY_TRACE = frozenset({"lineage", "first_sources", "attempt_states", "filter_outcomes"})
READING = frozenset({"search", "second_thoughts", "convincing_mistakes", "dropped_examples"})
"""Named questions that read texts."""
GIVEN = {"dropped_examples": {"filter": "rule-1"}}
TIMES, NUM_IDS = 5, 100
SEARCH = "select count(*) from traces where reasoning like '%contradiction%'"
OWN = {
    "mean_reasoning_by_verdict": "select verdict, avg(length(reasoning)) from traces group by all",
    "longest_wrong": (
        "select text from traces where verdict = 'wrong' order by completion_tokens desc limit 5"
    ),
    "texts_by_ids": (
        "select text from traces join "
        "(from attempt_states where is_trace order by attempt_id limit 5) using (attempt_id)"
    ),
}
"""What somebody may ask of texts, each of a process of its own: a join could hold them all."""
CONTINUATIONS = SQL / "continuations.sql"
ONE = "select * from traces where attempt_id = $id"
ROW = "select * from attempts where attempt_id = $id"
MAX_TIMES_ROW = 60 / 27
"""What 60 ms are where reading the bare row takes 27, which a shared machine cannot show."""


def measure() -> Iterator[Figure]:
    """Yield the seconds of marts, of named questions, of a search; look-ups, also among traces
    that are continued."""
    rows = num_rows()
    path = folder(rows) / "warehouse.duckdb"
    if not path.exists():
        parquet = source(rows)
        load_attempts(path, parquet)
        load_facts(path, parquet)
    asked = apart(ask, path).value
    for name, (first, seconds) in sorted(asked["marts"].items()):
        yield figure(f"mart_{name}", seconds, f"s (first time {first:.3g})", 1.0)
    for name, seconds in sorted(asked["questions"].items()):
        yield figure(f"question_{name}", seconds, "s", 30.0 if name in READING else 1.0)
    yield figure("search_all_reasoning", asked["search"], "s", 30.0)
    for name, text in OWN.items():
        own = apart(ask_one, path, text)
        yield figure(f"own_{name}", own.value, f"s, {own.peak_bytes / 2**30:.1f} GiB", 60.0)
    yield from looked_up("trace_by_id", asked["look_ups"])
    went_on = apart(go_on, path).value
    yield figure("ingest_of_2048_continuations", went_on["ingest"], "s", 1.0)
    yield from looked_up("trace_by_id_where_some_are_continued", went_on["look_ups"])
    yield from looked_up("continued_trace_by_id", went_on["continued"])


def looked_up(name: str, seconds: dict[str, list[float]]) -> Iterator[Figure]:
    middle = 1000 * median(seconds["traces"])
    yield figure(f"{name}_median", middle, "ms", 60)
    yield figure(f"{name}_most", 1000 * max(seconds["traces"]), "ms", 60)
    yield Figure(
        name=f"{name}_beside_its_row",
        group="warehouse",
        value=middle,
        unit="ms",
        peer="bare row of attempts",
        peer_value=1000 * median(seconds["rows"]),
        target=MAX_TIMES_ROW,
        lower_is_better=True,
    )


def figure(name: str, value: float, unit: str, target: float) -> Figure:
    return Figure(
        name=name, group="warehouse", value=value, unit=unit, target=target, lower_is_better=True
    )


def ask(path: Path) -> dict[str, Any]:
    """Ask all on one open connection."""
    with Warehouse(path, "bench").read() as connection:
        counted = [m for m in marts() if not m.is_table and m.name not in OVER_TEXT | BY_TRACE]
        return {
            "marts": {mart.name: _timed(connection, f"from {mart.name}") for mart in counted},
            "questions": {
                question.name: _seconds(
                    connection, question.text, question.bound(GIVEN.get(question.name, {})) or None
                )
                for question in questions().values()
            },
            "look_ups": _look_ups(connection, "select attempt_id from attempts"),
            "search": _seconds(connection, SEARCH),
        }


def ask_one(path: Path, text: str) -> float:
    with Warehouse(path, "bench").read() as connection:
        return _seconds(connection, text)


def go_on(path: Path) -> dict[str, Any]:
    """Continue some traces; look up any, and the continued ones."""
    warehouse = Warehouse(path, "bench")
    rows = warehouse.table(CONTINUATIONS)
    begun = time.perf_counter()
    warehouse.insert("attempts", rows)
    seconds = time.perf_counter() - begun
    with warehouse.read() as connection:
        return {
            "ingest": seconds,
            "look_ups": _look_ups(connection, "select attempt_id from traces"),
            "continued": _look_ups(connection, "select attempt_id from continued_traces"),
        }


def _look_ups(connection: duckdb.DuckDBPyConnection, among: str) -> dict[str, list[float]]:
    """Return the seconds of traces by id, and of their bare rows, each read once before."""
    text = f"from ({among}) using sample reservoir({NUM_IDS} rows) repeatable (7)"
    seconds: dict[str, list[float]] = {"traces": [], "rows": []}
    for (id_,) in connection.execute(text).fetchall():
        for _ in range(2):  # the second time counts
            rows, trace = (_fetched(connection, text, id_) for text in (ROW, ONE))
        seconds["rows"].append(rows)
        seconds["traces"].append(trace)
    return seconds


def _fetched(connection: duckdb.DuckDBPyConnection, text: str, id_: object) -> float:
    begun = time.perf_counter()
    connection.execute(text, {"id": id_}).fetchall()
    return time.perf_counter() - begun


def _timed(connection: duckdb.DuckDBPyConnection, text: str) -> tuple[float, float]:
    seconds = [_seconds(connection, text) for _ in range(TIMES)]
    return seconds[0], median(seconds)


def _seconds(
    connection: duckdb.DuckDBPyConnection, text: str, params: dict[str, Any] | None = None
) -> float:
    begun = time.perf_counter()
    connection.sql(text, params=params).to_arrow_table()
    return time.perf_counter() - begun
