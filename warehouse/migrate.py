"""Bringing a warehouse file to the schema of this code: numbered migrations, then the marts.

A migration is applied once, in a transaction with the row that records it. Marts hold nothing of
their own, so they are made anew whenever one of their files changed, those that are tables too.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from distill.errors import UserError
from warehouse.comments import comment_on_columns
from warehouse.derived import touch_all
from warehouse.scripts import Script, marts, migrations, statement

log = logging.getLogger(__name__)


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
            make_marts(connection)


def make_marts(connection: duckdb.DuckDBPyConnection) -> None:
    """Make every mart anew from the facts, in a transaction."""
    tables = {name for (name,) in connection.execute(statement("tables")).fetchall()}
    for name, _ in connection.execute(statement("made_marts")).fetchall():
        kind = "table" if name in tables else "view"
        connection.execute(statement("drop_mart").format(kind=kind, name=name)).fetchall()
    connection.execute(statement("forget_marts")).fetchall()
    touch_all(connection)
    for script in marts():
        connection.execute(script.text).fetchall()
        row = {"name": script.name, "sha256": script.sha256}
        connection.execute(statement("record_mart"), row).fetchall()
    comment_on_columns(connection)


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
