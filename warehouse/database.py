"""The warehouse: one DuckDB file, open only while a statement runs.

DuckDB keeps other processes out of a file that is open, so nobody keeps it open: each block takes
its turn through warehouse/lock.py, opens the file, works and closes it.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from distill.ids import replace_surrogates
from warehouse.connection import connect, explained, wal
from warehouse.insert import Rows, insert_golds, insert_rows
from warehouse.lock import say, turn
from warehouse.migrate import migrate, pending, transaction
from warehouse.scripts import SQL, marts, statement

_mine = threading.local()
"""The files that this thread has open: a block inside a block must join it, not wait for it."""


@dataclass(frozen=True, kw_only=True)
class _Open:
    connection: duckdb.DuckDBPyConnection
    write: bool


class Warehouse:
    """A warehouse file, made and brought to this code's schema when it is first named.

    Args:
        path: The DuckDB file; its folder must exist.
        stage: Names this process to others that wait for it.

    Raises:
        UserError: for a file that is no warehouse, is newer than the code, or cannot be made.
    """

    def __init__(self, path: Path, stage: str) -> None:
        self.path, self.stage = path.absolute(), stage
        if not self.path.exists():
            self._create()
        else:
            self._bring_forward()

    def _create(self) -> None:
        with turn(self.path, self.stage, write=True):
            if self.path.exists():  # somebody else was faster
                return
            unfinished = self.path.with_name(f".{self.path.name}.new")
            for remains in (unfinished, wal(unfinished), wal(self.path)):
                remains.unlink(missing_ok=True)  # a write-ahead log is nothing without its file
            with connect(unfinished, write=True) as connection:
                migrate(connection, pending(connection, self.path))
            unfinished.replace(self.path)

    def _bring_forward(self) -> None:
        with self.read() as connection:
            missing = pending(connection, self.path)
        if not missing:
            return
        with turn(self.path, self.stage, write=True), connect(self.path, write=True) as connection:
            missing = pending(connection, self.path)
            for script in missing.migrations:
                say(f"warehouse {self.path}: migration {script.name}")
            migrate(connection, missing)

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the file read-only, together with other readers; keep it for a statement or two.

        Results must be read before the block ends.
        """
        with self._block(write=False) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the file alone, in one transaction; be done within a second.

        Blocks and inserts of the same thread inside it belong to the same transaction.
        """
        with self._block(write=True) as connection:
            yield connection

    @contextmanager
    def _block(self, *, write: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        opened: dict[Path, _Open] = _mine.__dict__.setdefault("opened", {})
        if outer := opened.get(self.path):
            if write and not outer.write:
                raise RuntimeError("a write inside a read of the same thread would wait for itself")
            yield outer.connection
            return
        with (
            turn(self.path, self.stage, write=write),
            explained(self.path),
            connect(self.path, write=write) as connection,
        ):
            opened[self.path] = _Open(connection=connection, write=write)
            try:
                with transaction(connection) if write else nullcontext():
                    yield connection
            finally:
                del opened[self.path]

    def insert(self, relation: str, rows: Rows) -> int:
        """Add the rows whose key is not there yet, each once; return how many were added.

        JSON columns take Python objects, uuid columns UUIDs or their text, timestamps datetimes or
        ISO texts; columns left out are null. An Arrow table holds what DuckDB can cast.

        Raises:
            ValueError: if a row has a column that the relation has not.
        """
        with self.write() as connection:
            return insert_rows(connection, relation, rows)

    def insert_golds(self, rows: Rows) -> int:
        """Add golds (problem_id, verifier, gold, origin) that say something new, as new versions.

        What equals the newest gold is not new, nor what equals the newest of the same origin: a
        source that is read again undoes no correction.
        """
        with self.write() as connection:
            return insert_golds(connection, rows)

    def table(self, text: str | Path, /, **params: Any) -> pa.Table:
        """Return the rows of a statement as an Arrow table: for many rows of few numbers."""
        with self.read() as connection:
            return connection.sql(_resolve(text), params=params).to_arrow_table()

    def query(self, text: str | Path, /, **params: Any) -> list[dict[str, Any]]:
        """Return the rows of a statement.

        Args:
            text: SQL, a .sql file, or the name of one in warehouse/sql or of a mart.
            params: What `$name` stands for; an Arrow table becomes a relation of that name.
        """
        with self.read() as connection:
            bound = {}
            for name, value in params.items():
                if isinstance(value, pa.Table):
                    connection.register(name, value)
                else:
                    bound[name] = replace_surrogates(value) if isinstance(value, str) else value
            cursor = connection.execute(_resolve(text), bound)
            columns = [(column[0], str(column[1]) == "JSON") for column in cursor.description]
            rows = cursor.fetchall()
            for name in params.keys() - bound.keys():
                connection.unregister(name)
        return [
            {
                name: json.loads(value) if is_json and value is not None else value
                for (name, is_json), value in zip(columns, row, strict=True)
            }
            for row in rows
        ]


def _resolve(text: str | Path) -> str:
    if isinstance(text, Path):
        return text.read_text(encoding="utf-8")
    if not text.isidentifier():
        return text
    if (SQL / f"{text}.sql").is_file():
        return statement(text)
    if any(script.name == text for script in marts()):
        return f"from {text}"
    raise ValueError(f"no statement {text!r} in warehouse/sql and no such mart")
