"""Reading outboxes, while they are written or after: what ingest takes from them."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from distill.sampling.outbox import BUSY_SEC, explained, statement


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredResponse:
    """A response in an outbox, its body not parsed yet."""

    seq: int
    """Grows in the order of commits."""
    attempt_id: UUID
    prompt_id: UUID
    model_id: UUID
    sampling_id: UUID
    stream: str
    sample_index: int
    think_open: bool
    server: str
    num_tries: int
    started: datetime
    finished: datetime
    latency_sec: float
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredFailure:
    """A request in an outbox that became no response."""

    seq: int
    attempt_id: UUID
    prompt_id: UUID
    model_id: UUID
    sampling_id: UUID
    stream: str
    sample_index: int
    cause: str
    message: str
    num_tries: int
    at: datetime


def read_responses(path: Path, *, after: int = 0, limit: int = 500) -> list[StoredResponse]:
    """Return at most `limit` responses committed later than the one numbered `after`, in order.

    Raises:
        UserError: if the file is no outbox.
    """
    return [
        StoredResponse(
            **_key(row),
            think_open=bool(row["think_open"]),
            server=row["server"],
            started=_time(row["started"]),
            finished=_time(row["started"]) + timedelta(seconds=row["latency_sec"]),
            latency_sec=row["latency_sec"],
            body=row["body"],
        )
        for row in _select("select_responses", path, after, limit)
    ]


def read_failures(path: Path, *, after: int = 0, limit: int = 500) -> list[StoredFailure]:
    """Return at most `limit` failures committed later than the one numbered `after`, in order.

    Raises:
        UserError: if the file is no outbox.
    """
    return [
        StoredFailure(**_key(row), cause=row["cause"], message=row["message"], at=_time(row["at"]))
        for row in _select("select_failures", path, after, limit)
    ]


def _select(name: str, path: Path, after: int, limit: int) -> Sequence[sqlite3.Row]:
    url = f"{path.absolute().as_uri()}?mode=rw"
    with (
        explained(path),
        closing(sqlite3.connect(url, timeout=BUSY_SEC, uri=True)) as connection,
    ):
        connection.row_factory = sqlite3.Row
        return connection.execute(statement(name), {"after": after, "limit": limit}).fetchall()


def _key(row: sqlite3.Row) -> dict[str, Any]:
    ids = ("attempt_id", "prompt_id", "model_id", "sampling_id")
    plain = ("seq", "stream", "sample_index", "num_tries")
    return {name: UUID(bytes=row[name]) for name in ids} | {name: row[name] for name in plain}


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
