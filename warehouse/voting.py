"""Majority answers: references of their own where no other decides."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from distill.config.prompts import Verification
from distill.verify import majority, math
from distill.verify.pool import VerifierPool
from warehouse.database import Warehouse

NAME = majority.VERIFIER.name


def vote(
    warehouse: Warehouse, settings: Verification, run_id: UUID, attempt_ids: Sequence[UUID]
) -> int:
    """Add the majority answers of problems that no verifier before `majority` decided.

    The reference that a source gave stays what it is; a majority that changed is a new version.
    Returns how many are new.
    """
    answers: dict[UUID, list[str | None]] = defaultdict(list)
    rows = warehouse.query("verify_open", run_id=run_id, attempt_ids=attempt_ids, verifier=NAME)
    for row in rows:
        answers[row["problem_id"]].append(row["answer"])
    ballots = [majority.ballot(problem, given) for problem, given in answers.items()]
    rule = settings.model_copy(update={"verifiers": (math.VERIFIER.name,)})
    equal: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    with VerifierPool(rule) as pool:
        for (problem, one, other), verdict in pool.verify(
            check for ballot in ballots for check in ballot.checks()
        ):
            if verdict.decision == "correct":
                equal[problem].append((one, other))
    limits = settings.majority
    golds = [
        {"problem_id": b.problem_id, "verifier": NAME, "gold": {"answer": best}}
        | {"origin": majority.ORIGIN}
        for b in ballots
        if (
            best := b.winner(
                equal[b.problem_id], min_votes=limits.min_votes, min_share=limits.min_share
            )
        )
    ]
    return warehouse.insert_golds(golds)
