"""Questions at R1's size: every mart that counts, text that is searched, one trace by its id."""

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import duckdb

from tests.bench.apart import apart
from tests.bench.figure import Figure
from tests.bench.fullsize import folder, load_attempts, load_facts, source
from tests.bench.manytraces import num_rows
from warehouse.database import Warehouse
from warehouse.scripts import marts

OVER_TEXT = frozenset(
    {"traces", "attempts_all", "full_traces", "current_verdicts", "current_filters"}
)
"""Marts with a row an attempt, texts among them: asked for some rows, not counted whole."""
BY_TRACE = frozenset({"lineage", "first_sources"})
TIMES, NUM_IDS = 5, 100
SEARCH = "select count(*) from traces where reasoning like '%contradiction%'"


def measure() -> Iterator[Figure]:
    """Yield the slowest mart, and the others' seconds; a search; a look-up."""
    rows = num_rows()
    path = folder(rows) / "warehouse.duckdb"
    if not path.exists():
        parquet = source(rows)
        load_attempts(path, parquet)
        load_facts(path, parquet)
    asked = apart(ask, path).value
    for name, (first, seconds) in sorted(asked["marts"].items()):
        yield figure(f"mart_{name}", seconds, f"s (first time {first:.3g})", 1.0)
    yield figure("search_all_reasoning", asked["search"], "s", 30.0)
    looked_up = sorted(asked["look_ups"])
    yield figure("trace_by_id_median", 1000 * median(looked_up), "ms", 60)
    yield figure("trace_by_id_most", 1000 * looked_up[-1], "ms", 60)


def figure(name: str, value: float, unit: str, target: float) -> Figure:
    return Figure(
        name=name, group="warehouse", value=value, unit=unit, target=target, lower_is_better=True
    )


def ask(path: Path) -> dict[str, object]:
    """Ask all on one open connection."""
    with Warehouse(path, "bench").read() as connection:
        ids = connection.execute("select attempt_id from attempts using sample 100 rows").fetchall()
        counted = [m for m in marts() if not m.is_table and m.name not in OVER_TEXT | BY_TRACE]
        of_marts = {mart.name: _timed(connection, f"from {mart.name}") for mart in counted}
        one = "select * from traces where attempt_id = $id"
        connection.execute(one, {"id": ids[0][0]}).fetchall()
        look_ups = [_seconds(connection, one, {"id": id_}) for (id_,) in ids[:NUM_IDS]]
        return {"marts": of_marts, "look_ups": look_ups, "search": _seconds(connection, SEARCH)}


def _timed(connection: duckdb.DuckDBPyConnection, text: str) -> tuple[float, float]:
    seconds = [_seconds(connection, text) for _ in range(TIMES)]
    return seconds[0], median(seconds)


def _seconds(
    connection: duckdb.DuckDBPyConnection, text: str, params: dict[str, object] | None = None
) -> float:
    begun = time.perf_counter()
    connection.sql(text, params=params).to_arrow_table()
    return time.perf_counter() - begun
