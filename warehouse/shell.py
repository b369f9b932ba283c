"""Asking the warehouse from a terminal.

Cells hold what models wrote. In a table no character of theirs may act on the terminal: control
characters, escape sequences and what turns the reading direction are shown as symbols.
"""

import csv
import io
import json
import math
import re
import shutil
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from rich.cells import cell_len, set_cell_size

from distill.errors import UserError
from warehouse.database import Warehouse

MAX_ROWS = 1000
"""Rows that a table shows; CSV and JSON have all."""
MAX_CELL = 60
"""Columns of the terminal that one cell of a grid takes."""
MAX_VALUE = 4000
"""Characters of one value where each row is shown as a list."""
FEW_ROWS = 3
"""So few rows are shown as lists where a grid would cut their cells."""


def run_query(
    path: Path, text: str, params: Mapping[str, Any] | None = None, write: bool = False
) -> pa.Table:
    """Return the rows of the last statement in `text`.

    Args:
        path: The warehouse.
        text: SQL, with `$name` for parameters.
        params: Values of the parameters.
        write: Allow statements that change the warehouse.

    Raises:
        UserError: if there is no warehouse or a statement fails.
    """
    if not path.exists():
        raise UserError(f"warehouse {path}: not there yet. `distill all` makes and fills it.")
    warehouse = Warehouse(path, "sql")
    with warehouse.write() if write else warehouse.read() as connection:
        try:
            relation = connection.sql(text, params=dict(params or {}) or None)
            if relation is None:
                return pa.table({})
            json_columns = [
                name
                for name, type_ in zip(relation.columns, relation.types, strict=True)
                if str(type_) == "JSON"
            ]
            table = relation.to_arrow_table()
        except duckdb.Error as error:
            raise UserError(f"sql: {printable(str(error), keep=chr(10))}") from error
    return table.replace_schema_metadata({"json_columns": json.dumps(json_columns)})


def render(table: pa.Table, format_: str, width: int | None = None) -> str:
    """Return rows as text that ends with a line end.

    Args:
        table: The rows.
        format_: `table` for people: a grid, or a list for each row where a grid would be wider than
            the terminal; `csv`, with a header; `json`, one object a line.
        width: Columns of the terminal; by default those of this one, no limit where there is none.
    """
    if format_ == "csv":
        return _csv(table)
    if format_ == "json":
        return _json_lines(table)
    if not table.column_names:
        return "(nothing to show)\n"
    names = [printable(name) for name in table.column_names]
    rows = _rows(table.slice(0, MAX_ROWS))
    shown = f", the first {MAX_ROWS} shown" if len(table) > MAX_ROWS else ""
    footer = f"({len(table)} row{'' if len(table) == 1 else 's'}{shown})\n"
    cells = [[_shown(value) for value in row] for row in rows]
    cut = any(cell_len(cell) > MAX_CELL for row in cells for cell in row)
    grid = _grid(names, cells, [_is_number(field.type) for field in table.schema])
    terminal = width or shutil.get_terminal_size((sys.maxsize, 0)).columns
    if cell_len(grid[0]) > terminal or (cut and len(rows) <= FEW_ROWS):
        return _lists(names, rows) + footer
    return "\n".join(grid) + "\n" + footer


def _rows(table: pa.Table) -> list[tuple[Any, ...]]:
    """Return the rows by position, since two columns may have one name."""
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def printable(text: str, keep: str = "") -> str:
    """Return `text` with every character that could act on a terminal as a symbol, save `keep`."""
    return "".join(c if c in keep or not _acts(c) else _symbol(c) for c in text)


def _acts(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _symbol(character: str) -> str:
    if character == "\n":
        return "↵"
    if ord(character) < 0x20:
        return chr(0x2400 + ord(character))  # the control pictures: ESC is ␛
    return f"<U+{ord(character):04X}>"


def _shown(value: Any, keep: str = "") -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case float():
            return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.0f}"
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case _:
            return printable(_text(value), keep)


def _text(value: Any) -> str:
    if isinstance(value, list | dict):
        return json.dumps(_plain(value), ensure_ascii=False)
    return value.hex() if isinstance(value, bytes) else str(value)


def _is_number(type_: pa.DataType) -> bool:
    return any(f(type_) for f in (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal))


def _grid(names: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool]) -> list[str]:
    columns = [[name, *(row[i] for row in rows)] for i, name in enumerate(names)]
    widths = [min(MAX_CELL, max(map(cell_len, column))) for column in columns]

    def line(cells: Sequence[str]) -> str:
        aligned = (
            " " * (width - cell_len(cell)) + cell if at_right else _fitted(cell, width)
            for cell, width, at_right in zip(cells, widths, right, strict=True)
        )
        return " │ ".join(aligned)

    rule = "─┼─".join("─" * width for width in widths)
    return [line(names), rule, *map(line, rows)]


def _fitted(cell: str, width: int) -> str:
    if cell_len(cell) <= width:
        return set_cell_size(cell, width)
    return set_cell_size(cell, width - 1) + "…"


def _lists(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return each row as lines of name and value; a value's own lines are set behind a bar."""
    margin = max(map(cell_len, names))
    lines = []
    for number, row in enumerate(rows, 1):
        lines.append(f"── row {number} " + "─" * 40)
        for name, value in zip(names, row, strict=True):
            text = _shown(value, keep="\n")
            if len(text) > MAX_VALUE:
                text = f"{text[:MAX_VALUE]}… ({len(text)} characters)"
            first, *more = text.split("\n")
            lines.append(f"{set_cell_size(name, margin)} │ {first}")
            lines += [f"{' ' * margin} │ {rest}" for rest in more]
    return "\n".join(lines) + "\n"


def _csv(table: pa.Table) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table.column_names)
    for row in _rows(table):
        writer.writerow(["" if value is None else _text(value) for value in row])
    return file.getvalue()


def _json_lines(table: pa.Table) -> str:
    nested = json.loads((table.schema.metadata or {}).get(b"json_columns", b"[]"))
    lines = []
    for row in table.to_pylist():
        row |= {name: json.loads(row[name]) for name in nested if row[name] is not None}
        text = json.dumps(_plain(row), ensure_ascii=False)
        lines.append(re.sub(r"[^\x20-\x7e]", _escaped, text) + "\n")
    return "".join(lines)


def _escaped(match: re.Match[str]) -> str:
    """Escape what acts on a terminal, as JSON may: all of it stands inside strings."""
    character = match.group()
    return json.dumps(character)[1:-1] if _acts(character) else character


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; what JSON cannot say becomes null or text."""
    match value:
        case dict():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case None | bool() | int() | str():
            return value
        case _:
            return _text(value)
