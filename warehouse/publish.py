"""Publishing a warehouse as partitioned Parquet, beyond what one machine's disk serves."""

import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pyarrow import fs

from distill.errors import UserError
from warehouse.ask import run_stoppable
from warehouse.database import Warehouse
from warehouse.folder import Folder
from warehouse.scripts import statement

PARTITIONED = {"attempts": "stream"}
"""Relations that are split by a column: who asks for traces reads no evaluation's answers."""
BOOKKEEPING = frozenset({"migrations", "marts"})
"""Tables that say how the file came about, and nothing of what is in it."""
KEPT = 2
"""Snapshots that stay: the one that counts and the one before, which somebody may be reading."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """What was published."""

    snapshot: str
    num_rows: int
    num_bytes: int


def publish(warehouse: Warehouse, folder: Folder) -> Published:
    """Write all relations of a warehouse as a new snapshot of a folder, and let it count.

    Raises:
        UserError: if the folder cannot be written; the snapshot before still counts then.
        KeyboardInterrupt: if it was stopped, likewise.
    """
    snapshot = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    beside = Path(folder.path) if folder.is_local else warehouse.path.parent
    try:
        beside.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".publishing-", dir=beside) as name:
            staging = Path(name) / snapshot
            staging.mkdir()
            relations = run_stoppable(warehouse.read, lambda c: _write(c, staging))
            sizes = [path.stat().st_size for path in staging.rglob("*") if path.is_file()]
            _move(staging, folder, snapshot)
        folder.write_manifest({"snapshot": snapshot} | relations)
        for old in [name for name in folder.snapshots() if name[0] != "."][:-KEPT]:
            folder.files.delete_dir(f"{folder.path}/{old}")
    except (OSError, pa.ArrowException) as error:
        raise UserError(f"publish {folder.name}: {error}") from error
    num_rows = sum(relation["num_rows"] for relation in relations["relations"].values())
    return Published(snapshot=snapshot, num_rows=num_rows, num_bytes=sum(sizes))


def _move(staging: Path, folder: Folder, snapshot: str) -> None:
    target = f"{folder.path}/{snapshot}"
    if folder.is_local:
        shutil.move(staging, target)
    else:
        fs.copy_files(str(staging), target, destination_filesystem=folder.files)


def _write(connection: duckdb.DuckDBPyConnection, staging: Path) -> dict[str, Any]:
    """Write every relation that holds rows; return what the manifest says of them."""
    migrations = connection.execute(statement("applied_migrations")).fetchall()
    relations = {}
    for (name,) in connection.execute(statement("tables")).fetchall():
        if name in BOOKKEEPING:
            continue
        count = statement("count_rows").format(relation=name)
        num_rows = connection.execute(count).fetchall()[0][0]
        by = PARTITIONED.get(name)
        if num_rows:
            (staging / name).mkdir()
            text = statement("publish_parts" if by else "publish_files").format(
                relation=name, folder=str(staging / name).replace("'", "''"), by=by
            )
            connection.execute(text).fetchall()
        relations[name] = {"num_rows": num_rows, "partitioned_by": by}
    return {"migrations": [list(row) for row in migrations], "relations": relations}
