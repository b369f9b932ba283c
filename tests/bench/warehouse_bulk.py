"""Loading R1's 804,745 traces from Parquet, beside a bare `create table as` of the same rows."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tests.bench.apart import apart
from tests.bench.figure import Figure
from tests.bench.fullsize import folder, load_attempts, load_facts, source
from tests.bench.manytraces import num_rows, real_texts
from warehouse.checks import run_checks
from warehouse.connection import ENGINE
from warehouse.database import Warehouse

MAX_SEC, MAX_GIB, MAX_SIZE = 300, 6, 1.15


def measure() -> Iterator[Figure]:
    """Yield seconds, memory and size of the load, then of the facts about the traces."""
    rows = num_rows()
    parquet = source(rows)
    path, bare = folder(rows) / "warehouse.duckdb", folder(rows) / "bare.duckdb"
    raw, real, made = sum_bytes(parquet), real_share(folder(rows)), bare_table(parquet, bare)
    yield figure("rows", rows, "traces")
    yield figure("text", raw / 1e9, "GB")
    loaded = apart(load_attempts, path, parquet)
    yield figure("bulk_load", loaded.seconds, "s", target=MAX_SEC * rows / 804_745)
    yield figure("bulk_load_rate", raw / 1e6 / loaded.seconds, "MB/s")
    yield figure("bulk_load_memory", loaded.peak_bytes / 2**30, "GiB", target=MAX_GIB)
    yield Figure(
        name="bulk_file_size",
        group="warehouse",
        value=path.stat().st_size / 1e9,
        unit="GB",
        peer=f"create table as in {made:,.0f} s",
        peer_value=bare.stat().st_size / 1e9,
        target=MAX_SIZE,
        lower_is_better=True,
    )
    yield Figure(
        name="text_compressed_to",
        group="warehouse",
        value=bare.stat().st_size / raw,
        unit="of the raw text",
        peer="real traces",
        peer_value=real,
        target=1.0,
    )
    bare.unlink()
    facts = apart(load_facts, path, parquet)
    yield figure("facts_load", facts.seconds, f"s for {facts.value:,} rows about them")
    yield figure("facts_load_memory", facts.peak_bytes / 2**30, "GiB", target=MAX_GIB)
    checked = apart(check, path)
    yield figure("checks", checked.seconds, f"s; {checked.value} found something")


def figure(name: str, value: float, unit: str, target: float | None = None) -> Figure:
    return Figure(
        name=name, group="warehouse", value=value, unit=unit, target=target, lower_is_better=True
    )


def check(path: Path) -> int:
    return len(run_checks(Warehouse(path, "bench")))


def sum_bytes(parquet: Path) -> int:
    files = sorted((parquet / "attempts").iterdir())
    texts = (pq.read_table(file, columns=["text"])["text"] for file in files)
    return sum(pc.sum(pc.binary_length(text)).as_py() for text in texts)


def bare_table(parquet: Path, path: Path) -> float:
    """Make a table of the rows of `attempts` in a file of its own; return the seconds."""
    return apart(_bare_table, str(parquet / "attempts" / "*.parquet"), path).seconds


def _bare_table(files: str, path: Path) -> None:
    path.unlink(missing_ok=True)
    with duckdb.connect(config=ENGINE) as connection:
        attach(connection, path)
        query = "create table bare.attempts as from read_parquet($files)"
        connection.execute(query, {"files": files}).fetchall()


def attach(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    options = "storage_version 'v2.0.0', row_group_size 2048"
    connection.execute(f"attach '{path}' as bare ({options})").fetchall()


def real_share(scratch: Path) -> float:
    """Return the share of their raw size that the real traces take, each once, as texts of 20 KB.

    The size of an empty file is left out: the real texts are 5 MB only.
    """
    real = real_texts()
    joined = ["\n\n".join(real[i : i + 5]) for i in range(0, len(real), 5)]
    empty, full = (_stored(scratch / "real.duckdb", texts) for texts in ([], joined))
    return (full - empty) / sum(len(text.encode()) for text in joined)


def _stored(path: Path, texts: list[str]) -> int:
    table = pa.table({"text": pa.array(texts, pa.string())})
    with duckdb.connect(config=ENGINE) as connection:
        attach(connection, path)
        connection.register("texts", table)
        connection.execute("create table bare.texts as from texts").fetchall()
    size = path.stat().st_size
    path.unlink()
    return size
