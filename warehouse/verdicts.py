"""Checking attempts: what data generation and evaluation share."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pyarrow as pa

from distill.config.prompts import Verification
from distill.runs.context import Context
from distill.runs.progress import track
from distill.runs.run import Run
from distill.verify.base import Check, Verdict
from distill.verify.pool import VerifierPool
from distill.verify.registry import config_hash, verifier
from warehouse.buffer import Buffer
from warehouse.database import Warehouse

CHECKS_A_QUERY = 1000


@dataclass(frozen=True, kw_only=True)
class VerdictCounts:
    """What is known of some attempts once they are checked."""

    num_attempts: int
    num_new: int
    """Verdicts made now."""
    decisions: dict[str, int]
    """Attempts by the verdict that counts: correct, wrong, undecided, or `none` without a gold."""


def verify_attempts(
    context: Context, run: Run, warehouse: Warehouse, attempt_ids: Sequence[UUID]
) -> VerdictCounts:
    """Check attempts with the recipe's verifiers, as far as the warehouse has no verdict of theirs.

    A verdict is of one version and configuration of a verifier, and of one version of the gold.

    Raises:
        UserError: for a verifier that does not exist.
    """
    settings = context.recipe.verification
    listed, asked = _listed(settings), _asked(attempt_ids)
    warehouse.insert("run_verifiers", [row | {"run_id": run.run_id} for row in listed])
    todo = _todo(warehouse, settings, attempt_ids)
    if todo:
        _verify(context, run, warehouse, todo)
    rows = warehouse.query("verify_counts", asked=asked)
    return VerdictCounts(
        num_attempts=len(asked),
        num_new=len(todo),
        decisions={row["decision"]: row["num_attempts"] for row in rows},
    )


def num_unverified(
    warehouse: Warehouse, settings: Verification, attempt_ids: Sequence[UUID]
) -> int:
    """Return how many checks of attempts are still to be made."""
    return len(_todo(warehouse, settings, attempt_ids))


def _todo(
    warehouse: Warehouse, settings: Verification, attempt_ids: Sequence[UUID]
) -> list[dict[str, Any]]:
    listed = pa.Table.from_pylist(_listed(settings), schema=_LISTED)
    return warehouse.query("verify_todo", asked=_asked(attempt_ids), listed=listed)


def _asked(attempt_ids: Sequence[UUID]) -> pa.Table:
    texts = [str(id_) for id_ in dict.fromkeys(attempt_ids)]
    return pa.table({"attempt_id": pa.array(texts, pa.string())})


_LISTED = pa.schema(
    [
        ("position", pa.int32()),
        ("verifier", pa.string()),
        ("version", pa.string()),
        ("config_hash", pa.string()),
    ]
)


def _listed(settings: Verification) -> list[dict[str, Any]]:
    return [
        {
            "position": position,
            "verifier": name,
            "version": verifier(name, "verification.verifiers").version(),
            "config_hash": str(config_hash(name, settings)),
        }
        for position, name in enumerate(settings.verifiers)
    ]


def _verify(
    context: Context, run: Run, warehouse: Warehouse, todo: Sequence[dict[str, Any]]
) -> None:
    with (
        VerifierPool(context.recipe.verification) as pool,
        track(context.console, run, "verify", len(todo), "answers") as advance,
        Buffer(warehouse, "verdicts") as buffer,
    ):
        for place, verdict in pool.verify(_checks(warehouse, todo)):
            buffer.add(_row(todo[place], verdict))
            advance()


def _row(check: dict[str, Any], verdict: Verdict) -> dict[str, Any]:
    key = {name: value for name, value in check.items() if name != "attempt_row"}
    return key | asdict(verdict) | {"recorded": datetime.now(UTC)}


def _checks(warehouse: Warehouse, todo: Sequence[dict[str, Any]]) -> Iterator[Check]:
    """Yield the checks, keyed by their place in `todo`; answers are read as they are needed."""
    for begin in range(0, len(todo), CHECKS_A_QUERY):
        portion = todo[begin : begin + CHECKS_A_QUERY]
        wanted = [
            {
                "place": begin + place,
                "attempt_id": str(check["attempt_id"]),
                "verifier": check["verifier"],
                "gold_version": check["gold_version"],
            }
            for place, check in enumerate(portion)
        ]
        for row in warehouse.query(
            "verify_checks",
            wanted=pa.Table.from_pylist(wanted),
            first_row=portion[0]["attempt_row"],
            last_row=portion[-1]["attempt_row"],
        ):
            yield Check(
                key=row["place"], verifier=row["verifier"], answer=row["answer"], gold=row["gold"]
            )
