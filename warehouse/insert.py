"""The one ingest path: rows become an Arrow table, and those that are new to a relation are added.

Keys are kept unique here, by anti-join, and not by constraints: a UUID primary key is several
times the data of a narrow relation.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeAlias

import duckdb
import pyarrow as pa

from distill.ids import canonical_json, replace_surrogates
from warehouse.derived import keep_up
from warehouse.keys import KEYS, NEWEST_COUNTS, REPLACED
from warehouse.scripts import statement

Rows: TypeAlias = Sequence[Mapping[str, Any]] | pa.Table


def insert_rows(connection: duckdb.DuckDBPyConnection, relation: str, rows: Rows) -> int:
    """Add the rows of `rows` that are new to `relation` (warehouse/keys.py); return their number.

    Raises:
        ValueError: if a row has a column that the relation has not.
    """
    if len(rows) == 0:
        return 0
    types = column_types(connection, relation)
    incoming = as_table(rows, types)
    question = "changed_rows" if relation in NEWEST_COUNTS else "new_rows"
    question = _fill(question, relation, types, incoming.column_names)
    with _registered(connection, incoming):
        new = [row for (row,) in connection.execute(question).fetchall()]
    if len(new) < len(incoming):
        incoming = incoming.take(pa.array(new, pa.int64()))
    add = _fill("insert_incoming", relation, types, incoming.column_names)
    with _registered(connection, incoming):
        if relation in REPLACED:
            forget = _fill("delete_same_keys", relation, types, incoming.column_names)
            connection.execute(forget).fetchall()
        connection.execute(add).fetchall()
        if new:
            keep_up(connection, relation)
    return len(new)


def insert_golds(connection: duckdb.DuckDBPyConnection, rows: Rows) -> int:
    """Add golds as new versions where they differ from what is known; return how many were added.

    Args:
        connection: An open warehouse, in a transaction.
        rows: problem_id, verifier, gold, origin; versions count from 1.
    """
    if len(rows) == 0:
        return 0
    incoming = as_table(rows, column_types(connection, "golds"))
    with _registered(connection, incoming):
        new = connection.execute(statement("new_golds")).fetchall()
    chosen = incoming.take(pa.array([row for row, _ in new], pa.int64())).drop_columns("_row")
    versions = pa.array([version for _, version in new], pa.int32())
    return insert_rows(connection, "golds", chosen.append_column("gold_version", versions))


@contextmanager
def _registered(connection: duckdb.DuckDBPyConnection, incoming: pa.Table) -> Iterator[None]:
    connection.register("incoming", incoming)
    yield
    connection.unregister("incoming")


def column_types(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    """Return the columns of a relation in order, with their types."""
    return dict(connection.execute(statement("column_types"), {"relation": relation}).fetchall())


def as_table(rows: Rows, types: Mapping[str, str]) -> pa.Table:
    """Return rows as an Arrow table whose last column, `_row`, numbers them."""
    if isinstance(rows, pa.Table):
        table = rows
    else:
        names = dict.fromkeys(name for row in rows for name in row)
        table = pa.table(
            {name: _array((row.get(name) for row in rows), types.get(name)) for name in names}
        )
    unknown = [name for name in table.column_names if name not in types]
    if unknown:
        raise ValueError(f"columns {unknown} are not among {list(types)}")
    return table.append_column("_row", pa.array(range(len(table)), pa.int64()))


_TEXT_OF: dict[str, Callable[[Any], str]] = {
    "UUID": str,
    "VARCHAR": str,
    "JSON": canonical_json,
    "TIMESTAMP WITH TIME ZONE": lambda at: at.isoformat() if isinstance(at, datetime) else str(at),
}


def _array(values: Iterable[Any], type_: str | None) -> pa.Array:
    convert = _TEXT_OF.get(type_ or "")
    if convert is None:
        return pa.array(list(values))
    texts = [None if value is None else convert(value) for value in values]
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:  # a lone surrogate: rare, and looking for them always is dear
        return pa.array([text and replace_surrogates(text) for text in texts], pa.string())


def _fill(template: str, relation: str, types: Mapping[str, str], given: Sequence[str]) -> str:
    """Return a template of warehouse/sql with identifiers, all from KEYS and the catalogue."""
    keys = KEYS[relation]
    newer = NEWEST_COUNTS.get(relation)
    compared: Iterable[str] = keys
    if newer or (relation in REPLACED and template == "new_rows"):
        compared = [column for column in types if column != newer]
    values = {column: f'"{column}"' if column in given else "null" for column in types}
    return statement(template).format(
        relation=relation,
        columns=", ".join(f'cast({values[c]} as {types[c]}) as "{c}"' for c in types),
        keys=", ".join(f'batch."{c}"' for c in keys),
        older_keys=", ".join(f'"{c}"' for c in keys if c != newer),
        newer=newer,
        same=" and ".join(f'batch."{c}" is not distinct from known."{c}"' for c in compared),
    )
