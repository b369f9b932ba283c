"""A published folder, asked like a warehouse: the same relations, marts and comments, read-only."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import duckdb

from distill.errors import UserError
from warehouse.folder import MANIFEST, Folder
from warehouse.migrate import Pending, migrate
from warehouse.scripts import migrations, statement

ROW_NUMBERED = frozenset({"attempts"})
"""Tables whose rowid a mart asks for; a view has none of its own."""


class PublishedWarehouse:
    """A warehouse over Parquet: many machines may read it at once, none can change it.

    Args:
        folder: Where it was published.

    Raises:
        UserError: if nothing was published there, or by another schema.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._snapshot: str | None = None
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._turn = threading.Lock()
        self._manifest()

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection on the newest snapshot."""
        with self._turn:
            manifest = self._manifest()
            if self._connection is None or manifest["snapshot"] != self._snapshot:
                self._connection = _open(self._folder, manifest)
                self._snapshot = manifest["snapshot"]
            yield self._connection

    def write(self) -> NoReturn:
        """Refuse.

        Raises:
            UserError: always.
        """
        raise UserError(f"folder {self._folder.name}: published, so nothing can be changed there")

    def _manifest(self) -> dict[str, Any]:
        manifest = self._folder.manifest()
        if manifest is None:
            raise UserError(
                f"folder {self._folder.name}: no {MANIFEST} in it. "
                "`distill warehouse publish` makes such a folder."
            )
        here = [[script.name, script.sha256] for script in migrations()]
        if sorted(manifest["migrations"]) != here:
            raise UserError(
                f"folder {self._folder.name}: published by another schema (its last migration is "
                f"{max(manifest['migrations'])[0]}, here {here[-1][0]}). Publish it again, or use "
                "the distill that did."
            )
        return manifest


def _open(folder: Folder, manifest: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    """Return an engine whose tables are views of the snapshot's files."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": False})
    connection.execute("set timezone = 'UTC'; attach ':memory:' as warehouse; use warehouse")
    migrate(connection, Pending(migrations=migrations(), marts=True))
    root = f"{folder.register(connection)}/{manifest['snapshot']}"
    for name, relation in manifest["relations"].items():
        if relation["num_rows"]:  # nothing was written of an empty one
            _view(connection, name, f"{root}/{name}/{'*/' if relation['partitioned_by'] else ''}")
    return connection


def _view(connection: duckdb.DuckDBPyConnection, name: str, folder: str) -> None:
    """Let a table be a view of its files, with its types and comments."""
    columns = connection.execute(statement("table_columns"), {"relation": name}).fetchall()
    comments = [(f"column {name}.{column}", comment) for column, _, comment, _ in columns]
    comments.append((f"view {name}", columns[0][3]))
    casts = ", ".join(
        f'cast("{column}" as {type_}) as "{column}"' for column, type_, _, _ in columns
    )
    if name in ROW_NUMBERED:
        casts += ", file_row_number as rowid"
    text = statement("published_view").format(
        relation=name, columns=casts, files=f"{folder}*.parquet".replace("'", "''")
    )
    connection.execute(text)
    for what, comment in comments:
        if comment:
            quoted = comment.replace("'", "''")
            connection.execute(f"comment on {what} is '{quoted}'")
