"""Writing a warehouse anew: what many small batches and deleted rows left is put together."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from distill.errors import UserError
from warehouse.connection import connect, wal
from warehouse.database import Warehouse
from warehouse.fingerprint import OF_THE_FILE, Fingerprint, fingerprints
from warehouse.lock import say, turn
from warehouse.migrate import migrate, pending
from warehouse.scripts import statement


@dataclass(frozen=True, kw_only=True)
class Compacted:
    """The size of the file, before and after."""

    bytes_before: int
    bytes_after: int


def compact(warehouse: Warehouse) -> Compacted:
    """Rewrite the file and, once the new one is proved to hold the same, take it.

    Everybody waits meanwhile. Killed at any moment, it leaves the old file or the new one.

    Raises:
        UserError: if the disk has no room for a second file.
    """
    path = warehouse.path
    unfinished = path.with_name(f".{path.name}.compact")
    with turn(path, warehouse.stage, write=True):
        say(f"warehouse {path}: compaction, others wait")
        with connect(path, write=True):
            pass  # a log that a killed writer left goes into the file
        before = path.stat().st_size
        free = shutil.disk_usage(path.parent).free
        if free < before:
            raise UserError(
                f"warehouse {path}: compaction needs {before / 1e6:,.0f} MB beside it, "
                f"{free / 1e6:,.0f} are free. Make room and run it again."
            )
        for remains in (unfinished, wal(unfinished)):
            remains.unlink(missing_ok=True)
        with connect(unfinished, write=True) as connection:
            migrate(connection, pending(connection, path))
            connection.execute(statement("attach_old"), {"path": str(path)}).fetchall()
            _fill(connection)
            connection.execute(statement("detach_old")).fetchall()
        if _read(unfinished) != _read(path):
            raise RuntimeError(f"{unfinished} holds something else than {path}, which stays")
        unfinished.replace(path)
    return Compacted(bytes_before=before, bytes_after=path.stat().st_size)


def _read(path: Path) -> dict[str, Fingerprint]:
    with connect(path, write=False) as connection:
        return fingerprints(connection)


def _fill(connection: duckdb.DuckDBPyConnection) -> None:
    tables = {name for (name,) in connection.execute(statement("tables")).fetchall()}
    for relation in sorted(tables - OF_THE_FILE):
        connection.execute(statement("copy_old").format(relation=relation)).fetchall()
    connection.execute(statement("copy_applied")).fetchall()
