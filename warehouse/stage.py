"""What every stage runs in: its run directory, and its row in the warehouse."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from distill.ids import canonical_json
from distill.runs.context import Context
from distill.runs.run import Run, open_run, run_record
from warehouse.connection import check_space
from warehouse.database import Warehouse
from warehouse.scripts import statement

log = logging.getLogger(__name__)
FIXED = ("stage", "started")
"""What sessions of a run share."""


@contextmanager
def stage_run(context: Context, stage: str) -> Iterator[tuple[Run, Warehouse]]:
    """Begin or go on with the run of `stage`, recorded in `runs` at its start and however it ends.

    Raises:
        UserError: if the warehouse cannot be used or its disk is full.
    """
    check_space(context.home.warehouse)
    warehouse = Warehouse(context.home.warehouse, stage)
    run = None
    try:
        with open_run(context.home, context.recipe, stage) as run:
            record(warehouse, run)
            yield run, warehouse
    finally:
        if run:
            _record_end(warehouse, run)


def record(warehouse: Warehouse, run: Run) -> None:
    """Write the run's row; one that is there keeps the time of its first start."""
    row = run_record(run)
    with warehouse.write() as connection:
        if not warehouse.insert("runs", [row]):
            newer: dict[str, Any] = {name: row[name] for name in row if name not in FIXED}
            newer["recipe"] = canonical_json(row["recipe"])
            connection.execute(statement("update_run"), newer).fetchall()


def _record_end(warehouse: Warehouse, run: Run) -> None:
    if sys.exc_info()[0] is None:
        return record(warehouse, run)
    try:
        record(warehouse, run)
    except Exception:
        log.exception(
            "the end of run %s could not be recorded", run.run_id
        )  # and must not hide why it ended
