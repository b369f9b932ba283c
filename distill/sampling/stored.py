"""Reading outboxes, while they are written or after: what ingest takes from them."""

import json
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
    sample_index: int | str
    parent_attempt_id: UUID | None
    think_open: bool
    stopping_rule: dict[str, Any] | None
    wants_tokens: bool
    server: str
    num_tries: int
    started: datetime
    finished: datetime
    latency_sec: float
    rejected: str | None
    """Why the body is no response; its key was asked for again."""
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
    sample_index: int | str
    cause: str
    message: str
    num_tries: int
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredTry:
    """A request in an outbox that was sent and brought no body."""

    seq: int
    attempt_id: UUID
    prompt_id: UUID
    model_id: UUID
    sampling_id: UUID
    stream: str
    sample_index: int | str
    server: str
    cause: str
    """`lost`: in flight when the client ended."""
    started: datetime
    latency_sec: float | None


def read_responses(
    path: Path, *, after: int = 0, limit: int = 500, with_rejected: bool = False
) -> list[StoredResponse]:
    """Return at most `limit` responses committed later than the one numbered `after`, in order.

    Args:
        path: the outbox.
        after: a response's seq.
        limit: at most so many.
        with_rejected: return bodies that were no response too.

    Raises:
        UserError: if the file is no outbox.
    """
    rows = _select("select_responses", path, after, limit, with_rejected=with_rejected)
    return [
        StoredResponse(
            **_key(row),
            num_tries=row["num_tries"],
            parent_attempt_id=row["parent_attempt_id"] and UUID(bytes=row["parent_attempt_id"]),
            think_open=bool(row["think_open"]),
            stopping_rule=row["stopping_rule"] and json.loads(row["stopping_rule"]),
            wants_tokens=bool(row["wants_tokens"]),
            server=row["server"],
            started=_time(row["started"]),
            finished=_time(row["started"]) + timedelta(seconds=row["latency_sec"]),
            latency_sec=row["latency_sec"],
            rejected=row["rejected"],
            body=row["body"],
        )
        for row in rows
    ]


def read_tries(path: Path, *, after: int = 0, limit: int = 500) -> list[StoredTry]:
    """Return at most `limit` failed tries committed later than the one numbered `after`, in order.

    Raises:
        UserError: if the file is no outbox.
    """
    return [
        StoredTry(
            **_key(row),
            server=row["server"],
            cause=row["cause"],
            started=_time(row["started"]),
            latency_sec=row["latency_sec"],
        )
        for row in _select("select_tries", path, after, limit)
    ]


def read_failures(path: Path, *, after: int = 0, limit: int = 500) -> list[StoredFailure]:
    """Return at most `limit` failures committed later than the one numbered `after`, in order.

    Raises:
        UserError: if the file is no outbox.
    """
    return [
        StoredFailure(
            **_key(row),
            num_tries=row["num_tries"],
            cause=row["cause"],
            message=row["message"],
            at=_time(row["at"]),
        )
        for row in _select("select_failures", path, after, limit)
    ]


def _select(name: str, path: Path, after: int, limit: int, **more: object) -> Sequence[sqlite3.Row]:
    url = f"{path.absolute().as_uri()}?mode=rw"
    with (
        explained(path),
        closing(sqlite3.connect(url, timeout=BUSY_SEC, uri=True)) as connection,
    ):
        connection.row_factory = sqlite3.Row
        bound = {"after": after, "limit": limit, **more}
        return connection.execute(statement(name), bound).fetchall()


def _key(row: sqlite3.Row) -> dict[str, Any]:
    ids = ("attempt_id", "prompt_id", "model_id", "sampling_id")
    plain = ("seq", "stream", "sample_index")
    return {name: UUID(bytes=row[name]) for name in ids} | {name: row[name] for name in plain}


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
