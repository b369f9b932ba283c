"""Which traces are duplicates: of those that are alike, all but the best.

What a trace is compared by is computed once and kept (text_keys); who hangs together with whom is
found anew in each run, by the database, a band at a time, and takes memory for the duplicates only.
The best is what the other rules keep, then what is correct, then the shortest.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import pyarrow as pa

from datagen.filters.duplicate import NEARLY, SAME, DuplicateTrace
from datagen.rules import Rule
from datagen.text.minhash import clusters
from warehouse.database import Warehouse

ROWS_AN_INSERT = 20_000


def rule_on_duplicates(
    warehouse: Warehouse, rule: Rule, comparing: Sequence[int], of_run: dict[str, UUID]
) -> tuple[dict[str, Any], int]:
    """Write the rulings of a rule that compares traces.

    Args:
        warehouse: it holds what they are compared by.
        rule: the rule.
        comparing: positions of all rules that compare: they have no say in who is the best.
        of_run: `run_id` of the filter run and `asking_run`, whose traces it rules on.

    Returns:
        The key of the rulings, which depends on their outcome, and how many were written.
    """
    reasons = _dropped(warehouse, rule, comparing, of_run)
    digest = hashlib.sha256()
    for attempt_id in sorted(reasons):
        digest.update(attempt_id.encode() + reasons[attempt_id].encode())
    key = rule.key_with(digest.hexdigest())
    todo = warehouse.table("duplicate_todo", asking_run=of_run["asking_run"], **key)
    for begin in range(0, len(todo), ROWS_AN_INSERT):
        attempt_ids = todo.slice(begin, ROWS_AN_INSERT)["attempt_id"].to_pylist()
        found = [reasons.get(attempt_id, "ok") for attempt_id in attempt_ids]
        columns: dict[str, Any] = {name: [str(value)] * len(found) for name, value in key.items()}
        columns |= {"keep": [reason == "ok" for reason in found], "reason": found}
        warehouse.insert("filter_results", pa.table(columns | {"attempt_id": attempt_ids}))
    return key, len(todo)


def _dropped(
    warehouse: Warehouse, rule: Rule, comparing: Sequence[int], of_run: dict[str, UUID]
) -> dict[str, str]:
    """Return the traces that are not the best of those they are like, with the reason."""
    pairs = list(_pairs(warehouse, rule, of_run["asking_run"]))
    same = {other for first, other, column in pairs if column == 1}
    same |= {first for first, _, column in pairs if column == 1}
    cluster_of = {
        member: number
        for number, cluster in enumerate(clusters((one, other) for one, other, _ in pairs))
        for member in cluster
    }
    members = warehouse.query(
        "duplicate_members",
        attempt_ids=list(cluster_of),
        comparing=list(comparing),
        run_id=of_run["run_id"],
    )
    best: dict[int, UUID] = {}
    for row in members:  # the best come first
        best.setdefault(cluster_of[row["attempt_id"]], row["attempt_id"])
    return {
        str(member): SAME if member in same else NEARLY
        for member, number in cluster_of.items()
        if best[number] != member
    }


def _pairs(warehouse: Warehouse, rule: Rule, asking_run: UUID) -> Iterator[tuple[UUID, UUID, int]]:
    settings = rule.settings
    assert isinstance(settings, DuplicateTrace)
    for column in range(1, 2 + settings.bands * settings.near):
        for row in warehouse.query(
            "duplicate_pairs",
            asking_run=asking_run,
            config_hash=rule.key["config_hash"],
            column=column,
        ):
            if row["first_id"] != row["attempt_id"]:
                yield row["first_id"], row["attempt_id"], column
