"""A person's statement: run so that it can be stopped, with progress, and told what is wrong.

The statement runs in a thread of its own that opens the warehouse, works and lets it go, so that
Ctrl-C reaches this one at once. What it returns is read, or written into a file, before the
warehouse is let go: a pager that waits keeps nobody out.
"""

import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Generic, Protocol, TypeVar

import duckdb
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from distill.errors import UserError, nearest
from warehouse.rows import Rows
from warehouse.scripts import statement
from warehouse.terminal import printable

T = TypeVar("T")
PATIENCE_SEC = 1.0
"""Work that takes longer shows its progress."""
LINE_INTERVAL_SEC = 15.0
GRACE_SEC = 5.0
"""How long an interrupted statement may take to end."""


class Source(Protocol):
    """Where statements run: a warehouse, or a published folder."""

    def read(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Open it for a statement."""

    def write(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Open it for a statement that changes it."""


def ask(
    source: Source,
    text: str,
    consume: Callable[[Rows], T],
    params: Mapping[str, Any] | None = None,
    write: bool = False,
) -> T | None:
    """Run statements and return what `consume` makes of the rows of the last; None without rows.

    Args:
        source: The warehouse.
        text: SQL, with `$name` for parameters.
        consume: Reads the rows; called while the warehouse is open.
        params: Values of the parameters.
        write: Allow statements that change the warehouse.

    Raises:
        UserError: if a statement fails.
        KeyboardInterrupt: if it was stopped.
    """

    def work(connection: duckdb.DuckDBPyConnection) -> T | None:
        try:
            relation = connection.sql(text, params=dict(params or {}) or None)
            return None if relation is None else consume(Rows.of(relation))
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            raise UserError(f"sql: {explain(str(error), connection)}") from error

    return run_stoppable(source.write if write else source.read, work)


def run_stoppable(
    enter: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]],
    work: Callable[[duckdb.DuckDBPyConnection], T],
) -> T:
    """Return what work on a connection returns; Ctrl-C interrupts it.

    Raises:
        KeyboardInterrupt: if it was stopped.
    """
    return _Stoppable(enter, work).result()


def explain(message: str, connection: duckdb.DuckDBPyConnection) -> str:
    """Return what DuckDB says of a statement, with the nearest name where one does not exist."""
    kind, _, rest = message.partition(": ")
    message = rest if kind.endswith("Error") and rest else message
    if unknown := re.match(r'Table with name "?([^"\s]+)"? does not exist', message):
        names = [name for (name,) in connection.execute(statement("relations")).fetchall()]
        name = unknown[1]
        hint = nearest(name, names)
        message = f"no relation {name!r}{hint}. `--schema` (or `.schema`) lists them all."
    elif "read-only" in message:
        message = f"{message.splitlines()[0]} `--write` allows changes."
    return printable(message, keep="\n")


class _Stoppable(Generic[T]):
    """Work in a thread, begun at once; waiting for it can be interrupted, and ends it."""

    def __init__(
        self,
        enter: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]],
        work: Callable[[duckdb.DuckDBPyConnection], T],
    ) -> None:
        self._enter, self._work = enter, work
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._value: T
        self._error: BaseException | None = None
        self._stopped = False
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            with self._enter() as connection:
                if not self._stopped:  # it may have waited for its turn for long
                    connection.execute(statement("watch_progress"))
                    self._connection = connection
                    self._value = self._work(connection)
        except BaseException as error:
            self._error = error
        finally:
            self._connection = None
            self._done.set()

    def result(self) -> T:
        """Return what the work returns, or raise what it raises."""
        try:
            if not self._done.wait(PATIENCE_SEC):
                with _progress(self._percent) as show:
                    while not self._done.wait(0.2):
                        show()
        except KeyboardInterrupt:
            self._stop()
            raise
        self._thread.join()  # it closes its engine at its very end, and must not be cut off there
        if self._error:
            raise self._error
        return self._value

    def _percent(self) -> float:
        """Return how far the work is, in per cent; -1 where it is not known."""
        connection = self._connection
        return -1.0 if connection is None else float(connection.query_progress())

    def _stop(self) -> None:
        self._stopped = True
        if connection := self._connection:
            connection.interrupt()
            self._thread.join(GRACE_SEC)


@contextmanager
def _progress(percent: Callable[[], float]) -> Iterator[Callable[[], None]]:
    """Show how far a statement is: a bar on a terminal, else a line at intervals."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("running, Ctrl-C stops it"),
        BarColumn(),
        TextColumn("{task.fields[far]}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    task, begun = bar.add_task("", total=None, far=""), time.monotonic()
    printed = begun

    def show() -> None:
        nonlocal printed
        value, now = percent(), time.monotonic()
        far = f"{value:.0f}%" if value > 0 else ""
        bar.update(task, completed=max(value, 0), total=100 if value > 0 else None, far=far)
        if not console.is_terminal and now - printed >= LINE_INTERVAL_SEC:
            printed = now
            print(f"running {now - begun:.0f} s {far}".rstrip(), file=sys.stderr, flush=True)

    with bar:
        yield show
