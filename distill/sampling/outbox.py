"""The outbox of a run: an SQLite file that holds each response as it came, first of all.

One process writes it, which a lock file beside it sees to; others may read meanwhile (WAL, see
distill.sampling.stored). A commit is on the disk when it returns. The lock is a flock, so the
kernel frees it when its process dies, however it dies.
"""

import fcntl
import os
import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

from distill.errors import UserError
from distill.ids import canonical_json
from distill.sampling.inflight import InFlight, read_in_flight
from distill.sampling.requests import AttemptRequest, Job

SQL = Path(__file__).parent / "sql"
BUSY_SEC = 60.0
ROWS_A_STATEMENT = 64
KEYS_A_STATEMENT = 512
ROW = re.compile(r"values (\([?, ]+\))")
RESERVE_BYTES = 128 * 2**20
"""Room that must be left to go on: for what is in flight, and for a WAL of 40 MB."""


@cache
def statement(name: str) -> str:
    """Return the text of sql/NAME.sql."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


@cache
def _of_rows(name: str, num: int) -> str:
    """Return sql/NAME.sql, which speaks of one row of values, for so many."""
    head, row, tail = ROW.split(statement(name))
    return f"{head}values {', '.join([row] * num)}{tail}"


@dataclass(kw_only=True, slots=True)
class Response:
    """A body that came back with status 200."""

    request: AttemptRequest
    server: str
    num_tries: int
    started: float
    """Seconds since 1970."""
    latency_sec: float
    body: bytes
    rejected: str | None = None
    """Why the body is no response; it is kept, but its key counts as unanswered."""
    outcome: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Try:
    """A request that was sent and brought no body to keep; it is asked again, or has failed."""

    request: AttemptRequest
    server: str
    cause: str
    started: float
    """Seconds since 1970."""
    latency_sec: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """A request that became no response."""

    request: AttemptRequest
    cause: str
    message: str
    num_tries: int
    at: float
    """Seconds since 1970."""


Record = Response | Failure | Try
COLUMNS: dict[type[Record], tuple[str, ...]] = {
    Response: ("server", "num_tries", "started", "latency_sec", "rejected", "body"),
    Try: ("server", "cause", "started", "latency_sec"),
    Failure: ("cause", "message", "num_tries", "at"),
}


class Outbox:
    """The writing end; at most one process has it open.

    `commit` may run in one thread while `existing` runs in another.

    Raises:
        UserError: if another process has it open, or the file cannot be used.
    """

    def __init__(self, path: Path, job: Job) -> None:
        self.path = path
        with explained(path), ExitStack() as opened:
            path.parent.mkdir(parents=True, exist_ok=True)
            opened.enter_context(_locked(path))
            if not path.exists():
                _create(path)
            self._writer = opened.enter_context(closing(_connect(path)))
            self._reader = opened.enter_context(closing(_connect(path)))
            self._job = self._number(job)
            _settle_lost(self._writer, path)
            opened.callback(self._settle_last)
            self._in_flight = opened.enter_context(closing(InFlight(_beside(path))))
            self.check_room()
            self._opened = opened.pop_all()

    def check_room(self) -> None:
        """Refuse to go on when the disk is nearly full, while what is in flight still fits.

        Raises:
            UserError: then.
        """
        free = shutil.disk_usage(self.path.parent).free
        if free < RESERVE_BYTES:
            raise UserError(
                f"outbox {self.path}: {free / 2**20:.0f} MiB are left on the disk, "
                f"{RESERVE_BYTES / 2**20:.0f} are wanted. Make room and run the same command again."
            )

    def _number(self, job: Job) -> int:
        key = {
            "model_id": job.model.model_id.bytes,
            "sampling_id": job.sampling_id.bytes,
            "stream": job.stream,
            "think_open": job.think_open,
        }
        told = {
            "stopping_rule": job.stopping_rule and canonical_json(job.stopping_rule),
            "wants_tokens": job.tokens.wanted,
        }
        self._writer.execute(statement("insert_job"), key | told)
        (number,) = self._writer.execute(statement("select_job"), key).fetchone()
        return int(number)

    def _settle_last(self) -> None:
        with suppress(sqlite3.Error):  # of a full disk; who opens the outbox next does it
            _settle_lost(self._writer, self.path)

    def asked(self, request: AttemptRequest, server: str, started: float) -> int:
        """Write down that a request goes out now; return what `came` is to be told.

        A request that nothing came of when the outbox ends, by a kill too, is a try that was lost.

        Raises:
            UserError: if the disk is full or broken.
        """
        ids = request.attempt_id, request.prompt_id
        with explained(self.path):
            return self._in_flight.note((*ids, self._job, request.index, server, started))

    def came(self, slots: Iterable[int]) -> None:
        """Forget requests that never went out, or whose end is committed."""
        self._in_flight.free(slots)

    def commit(self, records: Sequence[Record]) -> None:
        """Store all of `records` or, where this raises, none.

        Raises:
            UserError: if the disk is full or broken.
        """
        with explained(self.path):
            self._in_flight.sync()
            with _transaction(self._writer):
                for kind in COLUMNS:
                    self._insert(kind, [record for record in records if type(record) is kind])

    def _insert(self, kind: type[Record], records: Sequence[Record]) -> None:
        """Insert many rows a statement.

        Python lets go of its lock once a statement and waits for it after: with a row a statement
        the event loop and this thread would take it from each other thousands of times a second.
        """
        for begin in range(0, len(records), ROWS_A_STATEMENT):
            part = records[begin : begin + ROWS_A_STATEMENT]
            values = [value for record in part for value in self._row(record)]
            self._writer.execute(_of_rows(f"insert_{kind.__name__.lower()}", len(part)), values)

    def _row(self, record: Record) -> list[object]:
        request = record.request
        row = [request.attempt_id.bytes, request.prompt_id.bytes, self._job, request.index]
        if type(record) is Response:
            parent = request.parent_attempt_id
            row += [parent.bytes if parent else None, request.think_open]
        return row + [getattr(record, name) for name in COLUMNS[type(record)]]

    def existing(self, keys: Iterable[UUID]) -> set[UUID]:
        """Return those of `keys` that have a committed response."""
        wanted, found = [key.bytes for key in keys], []
        with explained(self.path):
            for begin in range(0, len(wanted), KEYS_A_STATEMENT):
                part = wanted[begin : begin + KEYS_A_STATEMENT]
                look_up = _of_rows("has_response", len(part))
                found += self._reader.execute(look_up, part).fetchall()
        return {UUID(bytes=key) for (key,) in found}

    def close(self) -> None:
        """Close the file and give the lock back."""
        self._opened.close()

    def __enter__(self) -> "Outbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _create(path: Path) -> None:
    """Make the file under another name first: whoever finds it finds it whole."""
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    with closing(sqlite3.connect(unfinished, isolation_level=None)) as connection:
        connection.executescript(statement("schema"))
    unfinished.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)  # or a power cut could undo the rename
    os.close(folder)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_SEC, isolation_level=None, check_same_thread=False
    )
    connection.executescript(statement("pragmas"))
    return connection


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("begin immediate")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        if (
            connection.in_transaction
        ):  # SQLite may have rolled back by itself, as it does on a full disk
            connection.execute("rollback")
        raise


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite and the disk say about the outbox into an error for people."""
    try:
        yield
    except sqlite3.Error as error:
        if error.sqlite_errorname in ("SQLITE_NOTADB", "SQLITE_CORRUPT"):
            way_out = "Move the file away; what the warehouse has of it is not asked for again."
        else:
            way_out = "Make room or mend the disk and run the same command again."
        raise UserError(f"outbox {path}: {error}. {way_out}") from error
    except OSError as error:
        raise UserError(f"outbox {path}: {error.strerror}. Choose another --home.") from error


def settle(path: Path) -> None:
    """Count as lost what a process that was killed had in flight.

    Raises:
        UserError: if a process samples into the outbox, or the file cannot be used.
    """
    with explained(path), _locked(path), closing(_connect(path)) as writer:
        _settle_lost(writer, path)


def _settle_lost(writer: sqlite3.Connection, path: Path) -> None:
    """Turn requests of a session that has ended, and of which nothing came, into lost tries."""
    rows = ((a.bytes, p.bytes, *more) for a, p, *more in read_in_flight(_beside(path)))
    with _transaction(writer):
        writer.executemany(statement("insert_asked"), rows)
        writer.execute(statement("insert_lost"))
        writer.execute(statement("delete_asked"))
    _beside(path).unlink(missing_ok=True)  # a kill before this does no harm: none is counted twice


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}-inflight")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.with_name(f"{path.name}.lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise UserError(
                f"outbox {path}: process {lock.read()} is sampling into it. Wait for it, or end it "
                "and run the same command again."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield  # closing the file gives the lock back
