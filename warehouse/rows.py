"""Rows of a statement on their way to a person or a file."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

import duckdb
import pyarrow as pa

BATCH_ROWS = 2048


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What a statement returns, read batch by batch: 16 GB of text need not fit into memory."""

    batches: pa.RecordBatchReader
    json_columns: frozenset[str]
    uuid_columns: frozenset[str]

    @classmethod
    def of(cls, relation: duckdb.DuckDBPyRelation) -> Self:
        """Return the rows of a relation; they must be read before its connection is let go."""
        types = list(zip(relation.columns, map(str, relation.types), strict=True))
        return cls(
            batches=relation.to_arrow_reader(BATCH_ROWS),
            json_columns=frozenset(name for name, type_ in types if type_ == "JSON"),
            uuid_columns=frozenset(name for name, type_ in types if type_ == "UUID"),
        )

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns."""
        return self.batches.schema

    def tuples(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows by position, since two columns may have one name."""
        for batch in self.batches:
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def objects(self) -> Iterator[dict[str, Any]]:
        """Yield the rows as JSON objects."""
        names = self.schema.names
        nested = [name in self.json_columns for name in names]
        for row in self.tuples():
            yield {
                name: json.loads(value) if is_json and value is not None else plain(value)
                for name, value, is_json in zip(names, row, nested, strict=True)
            }


def plain(value: Any) -> Any:
    """Return a value as JSON has it; what JSON cannot say becomes null or text."""
    match value:
        case dict():
            return {str(key): plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case None | bool() | int() | str():
            return value
        case _:
            return as_text(value)


def as_text(value: Any) -> str:
    """Return a value as one text."""
    if isinstance(value, list | dict):
        return json.dumps(plain(value), ensure_ascii=False)
    return value.hex() if isinstance(value, bytes) else str(value)
