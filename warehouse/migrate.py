"""Bringing a warehouse file to the schema of this code: numbered migrations, then the marts.

A migration is applied once, in a transaction with the row that records it. Marts hold nothing of
their own, so they are made anew whenever one of their files changed.
"""

import hashlib
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from distill.errors import UserError
from warehouse.insert import statement

log = logging.getLogger(__name__)
HERE = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Script:
    """A .sql file of the schema."""

    name: str
    text: str

    @property
    def number(self) -> int:
        """Order of a migration."""
        return int(self.name.split("_")[0])

    @property
    def sha256(self) -> str:
        """Hash of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def scripts(folder: Path) -> tuple[Script, ...]:
    """Return the .sql files of a folder by name."""
    files = sorted(folder.glob("*.sql"))
    return tuple(Script(name=file.stem, text=file.read_text(encoding="utf-8")) for file in files)


@cache
def migrations() -> tuple[Script, ...]:
    """Return the migrations in order."""
    return scripts(HERE / "migrations")


@cache
def marts() -> tuple[Script, ...]:
    """Return the marts, each after those that it reads."""
    by_name = {script.name: script for script in scripts(HERE / "marts")}
    reads = {
        name: set(re.findall(r"\w+", re.sub("--.*", "", script.text))) & by_name.keys() - {name}
        for name, script in by_name.items()
    }
    return tuple(by_name[name] for name in TopologicalSorter(reads).static_order())


@dataclass(frozen=True, kw_only=True)
class Pending:
    """What a file lacks."""

    migrations: tuple[Script, ...]
    marts: bool

    def __bool__(self) -> bool:
        return bool(self.migrations) or self.marts


def pending(connection: duckdb.DuckDBPyConnection, path: Path) -> Pending:
    """Return what the open file at `path` lacks.

    Raises:
        UserError: if it is no warehouse, or another version of the code made it.
    """
    tables = sorted(name for (name,) in connection.execute(statement("tables")).fetchall())
    if not tables:
        return Pending(migrations=migrations(), marts=True)
    if "migrations" not in tables:
        raise UserError(
            f"warehouse {path}: a DuckDB file, but no warehouse; it holds {', '.join(tables[:5])}. "
            "Move it away or choose another --home."
        )
    applied = connection.execute(statement("applied_migrations")).fetchall()
    known = {script.name: script for script in migrations()}
    for name, sha256 in applied:
        if name not in known:
            raise UserError(
                f"warehouse {path}: its schema is newer than this code ({name}, here they "
                f"end with {migrations()[-1].name}). Update distill, or choose another --home."
            )
        if known[name].sha256 != sha256:
            raise UserError(
                f"warehouse {path}: it was made with another migration {name} (SHA-256 "
                f"{sha256[:12]}, here {known[name].sha256[:12]}). Use the distill that made it, or "
                "choose another --home."
            )
    done = {name for name, _ in applied}
    made = dict(connection.execute(statement("made_marts")).fetchall())
    return Pending(
        migrations=tuple(script for script in migrations() if script.name not in done),
        marts=made != {script.name: script.sha256 for script in marts()},
    )


def migrate(connection: duckdb.DuckDBPyConnection, missing: Pending) -> None:
    """Apply what the open file lacks; no transaction may be open."""
    with transaction(connection):
        connection.execute(statement("bootstrap")).fetchall()
    for script in missing.migrations:
        log.info("warehouse: migration %s", script.name)
        with transaction(connection):
            connection.execute(script.text).fetchall()
            row = {"number": script.number, "name": script.name, "sha256": script.sha256}
            connection.execute(statement("record_migration"), row).fetchall()
    if missing:
        with transaction(connection):
            _make_marts(connection)


def _make_marts(connection: duckdb.DuckDBPyConnection) -> None:
    for name, _ in connection.execute(statement("made_marts")).fetchall():
        connection.execute(statement("drop_mart").format(name=name)).fetchall()
    connection.execute(statement("forget_marts")).fetchall()
    for script in marts():
        connection.execute(script.text).fetchall()
        row = {"name": script.name, "sha256": script.sha256}
        connection.execute(statement("record_mart"), row).fetchall()


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit what the body does, or nothing of it."""
    connection.execute("begin transaction")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        with suppress(duckdb.Error):  # a fatal error has ended the transaction already
            connection.execute("rollback")
        raise
