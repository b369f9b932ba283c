"""Checking attempts: what data generation and evaluation share."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from distill.config.prompts import Verification
from distill.runs.context import Context
from distill.runs.progress import track
from distill.runs.run import Run
from distill.verify.base import Check, Verdict
from distill.verify.pool import VerifierPool
from distill.verify.registry import LAST_RESORTS, config_hash, verifier
from warehouse import judging, voting
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
    asked, settings = list(dict.fromkeys(attempt_ids)), context.recipe.verification
    warehouse.insert("run_verifiers", _declared(context, run.run_id))
    num_new = 0
    for names in _rounds(settings):
        if judging.NAME in names:
            judging.borrow_golds(warehouse, run.run_id, asked)
        elif voting.NAME in names:
            voting.vote(warehouse, settings, run.run_id, asked)
        todo = [c for c in unverified(warehouse, run.run_id, asked) if c["verifier"] in names]
        if todo and judging.NAME in names:
            num_new += judging.ask_judge(context, run, warehouse, todo)
        elif todo:
            _verify(context, run, warehouse, todo)
            num_new += len(todo)
    rows = warehouse.query("verify_counts", attempt_ids=asked)
    return VerdictCounts(
        num_attempts=len(asked),
        num_new=num_new,
        decisions={row["decision"]: row["num_attempts"] for row in rows},
    )


def _rounds(settings: Verification) -> Iterator[tuple[str, ...]]:
    """Yield which verifiers to ask together: the rules, then each last resort, in order."""
    yield tuple(name for name in settings.verifiers if name not in LAST_RESORTS)
    for name in settings.verifiers:
        if name in LAST_RESORTS:
            yield (name,)


def unverified(
    warehouse: Warehouse, run_id: UUID, attempt_ids: Sequence[UUID]
) -> list[dict[str, Any]]:
    """Return the checks of attempts that the verifiers of a run have still to make."""
    return warehouse.query(
        "verify_todo", run_id=run_id, attempt_ids=attempt_ids, last_resorts=list(LAST_RESORTS)
    )


def _declared(context: Context, run_id: UUID) -> list[dict[str, Any]]:
    settings = context.recipe.verification
    return [
        {
            "run_id": run_id,
            "position": position,
            "verifier": name,
            "version": verifier(name, "verification.verifiers").version(),
            "config_hash": config_hash(
                name, settings, **judging.depends_on(context) if name == judging.NAME else {}
            ),
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
        for row in verdict_rows(pool, warehouse, todo):
            buffer.add(row)
            advance()


def verdict_rows(
    pool: VerifierPool, warehouse: Warehouse, todo: Sequence[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Make the checks that `unverified` returned; yield rows of `verdicts` as they come."""
    checks = {(check["attempt_id"], check["verifier"]): check for check in todo}
    for key, verdict in pool.verify(_checks(warehouse, todo)):
        yield _row(checks[key], verdict)


def _row(check: dict[str, Any], verdict: Verdict) -> dict[str, Any]:
    key = {name: value for name, value in check.items() if name not in judging.READING}
    return key | asdict(verdict) | {"recorded": datetime.now(UTC)}


def _checks(warehouse: Warehouse, todo: Sequence[dict[str, Any]]) -> Iterator[Check]:
    """Yield the checks; answers are read as they are needed."""
    for begin in range(0, len(todo), CHECKS_A_QUERY):
        portion = todo[begin : begin + CHECKS_A_QUERY]
        for row in warehouse.query(
            "verify_checks",
            attempt_ids=[check["attempt_id"] for check in portion],
            verifiers=[check["verifier"] for check in portion],
            gold_versions=[check["gold_version"] for check in portion],
            first_row=portion[0]["attempt_row"],
            last_row=portion[-1]["attempt_row"],
            with_continued=any(check["is_continuation"] for check in portion),
        ):
            key = (row["attempt_id"], row["verifier"])
            yield Check(key=key, verifier=key[1], answer=row["answer"], gold=row["gold"])
