"""Copies of a warehouse that is in use, and the way back."""

import hashlib
import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from distill.errors import UserError
from distill.runs.run import code_version, write_atomically
from warehouse.connection import connect, wal
from warehouse.database import Warehouse
from warehouse.fingerprint import fingerprints
from warehouse.lock import turn
from warehouse.migrate import pending

CHUNK_BYTES = 16 * 2**20


def backup(warehouse: Warehouse, target: Path) -> dict[str, Any]:
    """Copy the warehouse to `target`, and write what it holds to `target`.json; return that.

    Readers go on meanwhile; writers wait while the file is copied, not while the copy is read.

    Raises:
        UserError: if there is such a file, or it cannot be written.
    """
    if target.exists():
        raise UserError(f"{target}: is there already. Choose another name, or move it away.")
    with warehouse.write():
        pass  # a writer that was killed left a log behind: it is in the file now
    unfinished = target.with_name(f".{target.name}.new")
    with turn(warehouse.path, warehouse.stage, write=False):
        sha256 = _copy(warehouse.path, unfinished)
    with connect(unfinished, write=False) as connection:
        held = fingerprints(connection)
    manifest = {
        "sha256": sha256,
        "num_bytes": unfinished.stat().st_size,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "code_version": code_version(),
        "duckdb_version": duckdb.__version__,
        "relations": {name: asdict(found) for name, found in held.items()},
    }
    write_atomically(_manifest(target), json.dumps(manifest, indent=2) + "\n")
    unfinished.replace(target)
    return manifest


def restore(path: Path, source: Path, stage: str = "restore") -> Path | None:
    """Put a backup in the place of the warehouse; return where the old one lies now, if any.

    Raises:
        UserError: if the backup is not what was written, or is newer than this code.
    """
    try:
        manifest = json.loads(_manifest(source).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"{source}: {_manifest(source).name} beside it cannot be read ({error}), so nothing "
            "says what the backup should hold. `distill warehouse backup` writes both."
        ) from error
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.restored")
    sha256 = _copy(source, unfinished)
    if sha256 != manifest["sha256"]:
        unfinished.unlink()
        raise UserError(
            f"{source}: damaged. Its SHA-256 is {sha256[:12]}, written was "
            f"{manifest['sha256'][:12]}. The warehouse is as it was; take another backup."
        )
    with connect(unfinished, write=False) as connection:
        pending(connection, source)
    with turn(path, stage, write=True):
        kept = _move_away(path)
        unfinished.replace(path)
    return kept


def _move_away(path: Path) -> Path | None:
    if not path.exists():
        return None
    kept = path.with_name(f"{path.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%S}")
    if wal(path).exists():
        wal(path).replace(wal(kept))
    return path.replace(kept)


def _manifest(backup_file: Path) -> Path:
    return backup_file.with_name(f"{backup_file.name}.json")


def _copy(source: Path, target: Path) -> str:
    """Copy a file to the disk for good; return its SHA-256."""
    digest = hashlib.sha256()
    try:
        with source.open("rb") as reading, target.open("wb") as writing:
            while chunk := reading.read(CHUNK_BYTES):
                digest.update(chunk)
                writing.write(chunk)
            writing.flush()
            os.fsync(writing.fileno())
    except OSError as error:
        target.unlink(missing_ok=True)
        raise UserError(f"{source}: cannot be copied to {target}: {error.strerror}") from error
    return digest.hexdigest()
