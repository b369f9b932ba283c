"""Opening the warehouse's file, and saying what is wrong where it cannot be opened or written."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from distill.errors import UserError
from warehouse.scripts import statement

MIN_FREE_BYTES = 200_000_000
ENGINE = {"zstd_min_string_length": "1024"}
"""By default texts shorter than 4,096 on average, as many traces are, stay as large as they are."""
CORRUPT = "Corrupt database file"
_kept = threading.local()
"""What this thread opened its last file with."""


@dataclass(frozen=True, kw_only=True)
class _Engine:
    connection: duckdb.DuckDBPyConnection
    path: Path
    pid: int


@contextmanager
def connect(path: Path, *, write: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the file at `path` as catalogue `warehouse`; the caller has the lock.

    `duckdb.connect(path)` would not take the storage version and the size of row groups, which
    decide how fast small batches are and how large the file becomes. Each thread keeps its engine
    from block to block: starting one takes ten times as long as opening the file.

    Raises:
        UserError: if it cannot be opened.
    """
    connection = _engine(path)
    with ExitStack() as on_error:
        on_error.callback(connection.close)
        try:
            how = "attach" if write else "attach_read_only"
            connection.execute(statement(how), {"path": str(path)}).fetchall()
        except duckdb.Error as error:
            raise UserError(_explain(path, str(error))) from error
        connection.execute("use warehouse")
        yield connection
        with suppress(duckdb.Error):  # a result that was left open; closing ends it
            connection.execute(statement("detach")).fetchall()
            on_error.pop_all()
            _kept.engine = _Engine(connection=connection, path=path, pid=os.getpid())


def _engine(path: Path) -> duckdb.DuckDBPyConnection:
    """Return this thread's engine, which it does not keep while it is in use, or a new one."""
    kept: _Engine | None = _kept.__dict__.pop("engine", None)
    if kept and kept.pid != os.getpid():
        # its threads stayed behind at the fork: even closing it would hang
        _kept.__dict__.setdefault("orphans", []).append(kept)
    elif kept and kept.path == path:
        return kept.connection
    elif kept:
        kept.connection.close()
    config = ENGINE | {"temp_directory": f"{path}.tmp", "autoinstall_known_extensions": "false"}
    connection = duckdb.connect(config=config)
    connection.execute("set timezone = 'UTC'")
    return connection


def wal(path: Path) -> Path:
    """Return where DuckDB keeps the write-ahead log of the file at `path`."""
    return path.with_name(f"{path.name}.wal")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what DuckDB says of a full disk or a damaged file into an error for people."""
    try:
        yield
    except duckdb.Error as error:
        message = str(error)
        if "Could not write file" in message or "No space left" in message:
            raise UserError(
                f"warehouse {path}: {message.splitlines()[0]}. Nothing of this step was written; "
                "make room on the disk and run the same command again."
            ) from error
        if CORRUPT in message:
            raise UserError(_explain(path, message)) from error
        raise


def _explain(path: Path, message: str) -> str:
    first = message.splitlines()[0]
    if "not a valid DuckDB database file" in first:
        return (
            f"warehouse {path}: not a DuckDB file, or damaged. "
            "Move it away, restore a copy, or choose another --home."
        )
    if "Conflicting lock" in first:
        return f"warehouse {path}: another program has it open. Close that first. {first}"
    if CORRUPT in first:
        return (
            f"warehouse {path}: damaged. {first}. "
            "`distill warehouse restore` puts a backup in its place."
        )
    return f"warehouse {path}: cannot be opened. {first}"


def check_space(path: Path) -> None:
    """Refuse to begin where the disk is nearly full.

    Raises:
        UserError: if less than 200 MB are free where the warehouse lies.
    """
    free = shutil.disk_usage(path.parent).free
    if free < MIN_FREE_BYTES:
        raise UserError(
            f"warehouse {path}: {free / 1e6:.0f} MB free on its disk, "
            f"{MIN_FREE_BYTES / 1e6:.0f} MB are needed. Make room or choose another --home."
        )
