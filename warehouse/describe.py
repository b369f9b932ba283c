"""What the warehouse holds, as people read it: relations, columns, comments."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from distill.errors import UserError, nearest
from warehouse.ask import Source, ask
from warehouse.rows import Rows
from warehouse.scripts import statement
from warehouse.terminal import printable

MAX_TYPE = 24


def schema(source: Source, names: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return a row for each column of the relations named, of all where none is.

    Raises:
        UserError: for a name that is no relation.
    """
    found = ask(
        source, statement("schema"), lambda rows: list(rows.objects()), {"names": list(names)}
    )
    rows = found or []
    for name in set(names) - {row["relation"] for row in rows}:
        known = ask(source, statement("relations"), _names) or []
        raise UserError(f"no relation {name!r}{nearest(name, known)}")
    return rows


def _names(rows: Rows) -> list[str]:
    return [name for (name,) in rows.tuples()]


def schema_text(rows: Sequence[dict[str, Any]]) -> str:
    """Return relations and columns with their comments as text, views first."""
    blocks = []
    for (relation, kind, comment), columns in groupby(
        rows, key=itemgetter("relation", "kind", "relation_comment")
    ):
        block = [f"{relation} ({kind})", *([f"  {comment}"] if comment else [])]
        block += _columns(list(columns))
        blocks.append("\n".join(block) + "\n")
    return printable("\n".join(blocks), keep="\n")


def _columns(columns: Sequence[dict[str, Any]]) -> list[str]:
    types = [column["type"].lower() for column in columns]
    types = [type_ if len(type_) <= MAX_TYPE else f"{type_[: MAX_TYPE - 1]}…" for type_ in types]
    margin = max(len(column["column"]) for column in columns)
    width = max(map(len, types))
    lines = (
        f"    {column['column']:{margin}}  {type_:{width}}  {column['column_comment'] or ''}"
        for column, type_ in zip(columns, types, strict=True)
    )
    return [line.rstrip() for line in lines]
