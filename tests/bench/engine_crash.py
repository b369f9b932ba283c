"""Kill -9 of client, server or both at 200 random moments over a run of 5,000 attempts.

What must hold, holds or the benchmark fails: no committed response is asked for again, what is
asked again is counted as waste, no holes, no duplicates, and the table is that of a run that nobody
disturbed.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.bench.engine_store import SCRATCH
from tests.bench.figure import Figure
from tests.distill.crashing import crash
from warehouse.database import Warehouse
from warehouse.ingest import ingest_outbox

NUM_REQUESTS = 5_000
NUM_KILLS = 200
FACTS = """
select attempt_id, prompt_id, sampling_id, stream, sample_index, text, shape, reasoning_begin,
    reasoning_end, answer_begin, answer_end, prompt_tokens, completion_tokens,
    finish_reason, outcome, repaired
from attempts order by attempt_id
"""


def measure() -> Iterator[Figure]:
    """Yield what the kills cost."""
    SCRATCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=SCRATCH) as name:
        disturbed, calm = Path(name) / "disturbed", Path(name) / "calm"
        disturbed.mkdir()
        calm.mkdir()
        seen = crash(
            disturbed, num_requests=NUM_REQUESTS, num_kills=NUM_KILLS, seed=200, delay=0.02
        )
        crash(calm, num_requests=NUM_REQUESTS, num_kills=0, seed=0, delay=0.0)
        if seen.asked_after_commit or {seen.num_stored, seen.num_distinct} != {NUM_REQUESTS}:
            raise AssertionError(f"lost or asked again: {seen}")
        if seen.uncounted:
            raise AssertionError(f"asked again, and not counted as waste: {seen}")
        if table(disturbed) != table(calm):
            raise AssertionError("the table is not that of an undisturbed run")
    yield Figure(
        name="crash_asked_after_commit",
        group="engine",
        value=seen.asked_after_commit,
        unit=f"requests, {NUM_KILLS} kills of client, server or both, {NUM_REQUESTS} attempts",
        target=0,
        lower_is_better=True,
    )
    yield Figure(
        name="crash_oldest_lost_answer",
        group="engine",
        value=seen.oldest_lost_ms,
        unit="ms before the kill",
        target=100,
        lower_is_better=True,
    )
    facts = {
        "crash_answered_twice": (seen.answered_again, "responses"),
        "crash_asked_again": (seen.asked_again, "requests"),
        "crash_counted_as_waste": (seen.counted, "requests, with those that a kill kept from it"),
        "crash_uncounted": (seen.uncounted, "requests"),
    }
    for name, (value, unit) in facts.items():
        yield Figure(name=name, group="engine", value=value, unit=unit)


def table(folder: Path) -> list[tuple[Any, ...]]:
    """Return the attempts of an outbox as the warehouse has them."""
    warehouse = Warehouse(folder / "warehouse.duckdb", "bench")
    ingest_outbox(warehouse, folder / "outbox", UUID(int=1))
    with warehouse.read() as connection:
        return list(connection.execute(FACTS).fetchall())
