"""A warehouse of R1's size: its rows as Parquet files, one folder a relation, and the file itself.

What is made lies under .bench and serves all benchmarks of a process; it goes when the process
ends, unless BENCH_KEEP is set.
"""

import atexit
import os
import shutil
from functools import cache
from pathlib import Path

import duckdb

from tests.bench.manytraces import batches
from warehouse.bulk import load_parquet
from warehouse.database import Warehouse

SCRATCH = Path(__file__).parent.parent.parent / ".bench"  # a disk, where /tmp may be memory
SQL = Path(__file__).parent / "fullsize_sql"
FACTS = (
    *("runs", "models", "samplings", "problems", "problem_sources", "prompts", "golds"),
    *("run_prompts", "run_verifiers", "run_filters", "run_attempts", "verdicts", "filter_results"),
    *("datasets", "dataset_items", "dataset_arms", "checkpoints", "evaluations"),
    "evaluation_roles",
)
"""Relations that facts.sql makes, in the order in which a pipeline would."""


@cache
def folder(rows: int) -> Path:
    """Return where the benchmarks of `rows` traces keep what they make."""
    path = SCRATCH / f"warehouse-{rows}"
    path.mkdir(parents=True, exist_ok=True)
    if "BENCH_KEEP" not in os.environ:
        atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


@cache
def source(rows: int) -> Path:
    """Return the folder of Parquet files, made where it is missing."""
    path = folder(rows) / "parquet"
    if path.exists():
        return path
    unfinished = path.with_name("parquet.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    (unfinished / "attempts").mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute((SQL / "keys.sql").read_text())
        for number, batch in enumerate(batches(rows)):
            connection.register("batch", batch.table())
            connection.execute((SQL / "note.sql").read_text())
            target = unfinished / "attempts" / f"{number:05}.parquet"
            connection.execute((SQL / "attempts.sql").read_text(), {"path": str(target)})
        connection.execute((SQL / "facts.sql").read_text())
        for relation in FACTS:
            (unfinished / relation).mkdir()
            target = unfinished / relation / "0.parquet"
            connection.execute(f"copy {relation} to '{target}' (format parquet)")
    unfinished.rename(path)
    return path


def load_attempts(path: Path, parquet: Path) -> int:
    """Load the traces into a new warehouse; return how many."""
    path.unlink(missing_ok=True)
    files = sorted((parquet / "attempts").iterdir())
    return load_parquet(Warehouse(path, "bench"), "attempts", files)


def load_facts(path: Path, parquet: Path) -> int:
    """Load everything else; return the number of rows."""
    warehouse = Warehouse(path, "bench")
    return sum(
        load_parquet(warehouse, relation, [parquet / relation / "0.parquet"]) for relation in FACTS
    )
