"""Bringing 80,000 traces out of the warehouse: a training set in each format; publishing all."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.bench.apart import apart
from tests.bench.figure import Figure
from tests.bench.fullsize import folder, load_attempts, load_facts, source
from tests.bench.manytraces import num_rows
from warehouse.database import Warehouse
from warehouse.export import choose_dataset, export_dataset
from warehouse.folder import Folder
from warehouse.publish import publish
from warehouse.writers import WRITERS

ROWS = 80_000
MAX_GIB = 6
ALL, CHOSEN = "attempts", "(from attempts semi join dataset_items using (attempt_id))"


def measure() -> Iterator[Figure]:
    """Yield how fast each goes, by the bytes of text, and the most memory that one takes."""
    rows = min(ROWS, num_rows())
    scratch = folder(rows)
    path, out = scratch / "warehouse.duckdb", scratch / "out"
    if not path.exists():
        load_attempts(path, source(rows))
        load_facts(path, source(rows))
    chosen, everything = apart(text_bytes, path, CHOSEN).value, apart(text_bytes, path, ALL).value
    peak = 0
    for name in WRITERS:
        exported = apart(export, path, out, name)
        shutil.rmtree(out)
        yield rate(f"export_{name}", chosen, exported.seconds)
        peak = max(peak, exported.peak_bytes)
    published = apart(publish_all, path, out)
    shutil.rmtree(out)
    yield rate("publish", everything, published.seconds)
    yield Figure(
        name="export_memory",
        group="warehouse",
        value=max(peak, published.peak_bytes) / 2**30,
        unit="GiB",
        target=MAX_GIB,
        lower_is_better=True,
    )


def rate(name: str, num_bytes: int, seconds: float) -> Figure:
    unit = f"MB/s of text ({seconds:.1f} s)"
    return Figure(name=name, group="warehouse", value=num_bytes / 1e6 / seconds, unit=unit)


def export(path: Path, out: Path, format_: str) -> None:
    """Export the set that the facts choose."""
    warehouse = Warehouse(path, "bench")
    chosen = choose_dataset(warehouse, dataset=None, arm="accepted", recipe=None)
    export_dataset(warehouse, chosen.dataset_id, out, layout="messages", format_=format_)


def publish_all(path: Path, out: Path) -> None:
    publish(Warehouse(path, "bench"), Folder.at(str(out)))


def text_bytes(path: Path, relation: str) -> int:
    (row,) = Warehouse(path, "bench").query(
        f"select cast(sum(strlen(text)) as bigint) as num_bytes from {relation}"
    )
    return int(row["num_bytes"])
