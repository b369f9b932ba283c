"""kill -9 at 100 random moments of ingest, migration and data set building, and going on."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figure import Figure
from tests.warehouse.crashing import KINDS, survive

KILLS = {"ingest": 40, "migrate": 20, "dataset": 40}


def measure() -> Iterator[Figure]:
    """Yield how many kills were survived; a loss, a double or a failed check ends the benchmark."""
    for what in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            crashes = survive(what, Path(folder), num_kills=KILLS[what], seed=2)
        yield Figure(
            name=f"kills_survived_{what}",
            group="warehouse",
            value=crashes.num_kills,
            unit=f"kills ({crashes.num_before_end} before it was done)",
            target=KILLS[what],
        )
