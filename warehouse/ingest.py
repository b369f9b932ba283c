"""Taking responses out of an outbox into `attempts`, failures into `failures`, and requests that
brought nothing to keep into `tries`.

Rows are told apart by key, in the order in which they were committed, so that ingesting twice, or
going on after a kill at any moment, adds nothing twice and leaves nothing out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from distill.sampling.parse import ParseError, parse_response, read_usage
from distill.sampling.stored import (
    StoredFailure,
    StoredResponse,
    StoredTry,
    read_failures,
    read_responses,
    read_tries,
)
from warehouse.database import Warehouse
from warehouse.tokens import keep_tokens, kept

BATCH_SIZE = 2048
"""Rows a turn: one row group, and well under a second with texts of 20 KB."""


@dataclass(kw_only=True)
class Cursor:
    """How far an outbox has been read; kept between calls, it saves reading the same rows again."""

    responses: int = 0
    tries: int = 0
    failures: int = 0
    paid: dict[UUID, int] = field(default_factory=dict)
    """Completion tokens of bodies that were no response, by attempt."""
    tokens: set[UUID] | None = None
    """Attempts whose token ids and log-probabilities are in files."""


def ingest_outbox(
    warehouse: Warehouse,
    path: Path,
    run_id: UUID,
    cursor: Cursor | None = None,
    tell: Callable[[Sequence[dict[str, Any]]], None] = lambda rows: None,
) -> int:
    """Bring what an outbox holds into the warehouse; return the number of new attempts.

    Args:
        warehouse: Where to.
        path: The outbox; it may be written meanwhile, and need not exist.
        run_id: The run whose failures these are.
        cursor: Where to begin; moved to where reading ended.
        tell: Called with rows of `attempts` and `failures` once they are there.

    Raises:
        UserError: if the file is no outbox.
    """
    if not path.exists():
        return 0
    cursor = cursor or Cursor()
    num_new = 0
    while responses := read_responses(
        path, after=cursor.responses, limit=BATCH_SIZE, with_rejected=True
    ):
        _keep_tokens(warehouse, run_id, responses, cursor)
        attempts, unreadable = _parse([r for r in responses if not r.rejected], run_id)
        num_new += warehouse.insert("attempts", attempts)
        warehouse.insert("failures", unreadable)
        warehouse.insert("tries", [_rejected(r, run_id, cursor) for r in responses if r.rejected])
        cursor.responses = responses[-1].seq
        tell(attempts + unreadable)
    while tries := read_tries(path, after=cursor.tries, limit=BATCH_SIZE):
        warehouse.insert("tries", [_try(one, run_id) for one in tries])
        cursor.tries = tries[-1].seq
    while failures := read_failures(path, after=cursor.failures, limit=BATCH_SIZE):
        failed = [_failure(one, run_id, cursor.paid) for one in failures]
        warehouse.insert("failures", failed)
        cursor.failures = failures[-1].seq
        tell(failed)
    return num_new


def _keep_tokens(
    warehouse: Warehouse, run_id: UUID, responses: list[StoredResponse], cursor: Cursor
) -> None:
    wanted = [r for r in responses if r.wants_tokens and not r.rejected]
    if wanted:
        folder = warehouse.path.parent / "tokens" / str(run_id)
        cursor.tokens = kept(folder) if cursor.tokens is None else cursor.tokens
        keep_tokens(folder, wanted, cursor.tokens)


def _parse(
    responses: list[StoredResponse], run_id: UUID
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    attempts, unreadable = [], []
    for response in responses:
        try:
            attempts.append(_attempt(response) | {"run_id": run_id})
        except ParseError as error:  # it was a response to the code that stored it
            unreadable.append(
                _key(response)
                | {"run_id": run_id, "cause": "unreadable", "message": str(error)}
                | {"num_tries": response.num_tries, "recorded": response.finished}
            )
    return attempts, unreadable


def _attempt(response: StoredResponse) -> dict[str, Any]:
    parsed = parse_response(response.body, think_open=response.think_open)
    return (
        _key(response)
        | vars(parsed)
        | {
            name: getattr(response, name)
            for name in (
                *("latency_sec", "server", "started", "finished", "num_tries"),
                *("parent_attempt_id", "stopping_rule"),
            )
        }
    )


def _rejected(response: StoredResponse, run_id: UUID, cursor: Cursor) -> dict[str, Any]:
    prompt_tokens, completion_tokens = read_usage(response.body)
    key = response.attempt_id
    cursor.paid[key] = cursor.paid.get(key, 0) + (completion_tokens or 0)
    told = {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens}
    return _try(response, run_id) | told | {"cause": "no-response", "message": response.rejected}


def _try(one: StoredTry | StoredResponse, run_id: UUID) -> dict[str, Any]:
    names = ("server", "cause", "started", "latency_sec")
    told = {name: getattr(one, name, None) for name in names}
    return _key(one) | told | {"run_id": run_id}


def _failure(failure: StoredFailure, run_id: UUID, paid: dict[UUID, int]) -> dict[str, Any]:
    return _key(failure) | {
        "run_id": run_id,
        "cause": failure.cause,
        "message": failure.message,
        "num_tries": failure.num_tries,
        "completion_tokens_paid": paid.get(failure.attempt_id),
        "recorded": failure.at,
    }


def _key(record: StoredResponse | StoredFailure | StoredTry) -> dict[str, Any]:
    names = ("attempt_id", "prompt_id", "model_id", "sampling_id", "stream", "sample_index")
    return {name: getattr(record, name) for name in names}
