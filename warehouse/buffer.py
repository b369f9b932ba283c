"""Rows that come one by one, inserted in batches: each insert looks for keys that are there."""

import time
from typing import Any, Self

from warehouse.database import Warehouse


class Buffer:
    """Collects rows of a relation; leaving the block, by an interrupt too, inserts what is left.

    Args:
        warehouse: Where to.
        relation: Which relation.
        max_rows: Insert when there are so many.
        max_sec: Insert when the last time was so long ago: what a kill could lose.
    """

    def __init__(
        self, warehouse: Warehouse, relation: str, *, max_rows: int = 20_000, max_sec: float = 10.0
    ) -> None:
        self._warehouse, self._relation = warehouse, relation
        self._max_rows, self._max_sec = max_rows, max_sec
        self._rows: list[dict[str, Any]] = []
        self._since = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.flush()

    def add(self, row: dict[str, Any]) -> None:
        """Take a row."""
        self._rows.append(row)
        if len(self._rows) >= self._max_rows or time.monotonic() - self._since > self._max_sec:
            self.flush()

    def flush(self) -> None:
        """Insert what is there."""
        rows, self._rows = self._rows, []
        self._warehouse.insert(self._relation, rows)
        self._since = time.monotonic()
