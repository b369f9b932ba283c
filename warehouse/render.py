"""Rows as a person reads them: a grid, or a list for each row where a grid would be too wide.

Cells hold what models wrote, so nothing of theirs may act on the terminal.
"""

import shutil
import sys
import textwrap
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import pyarrow as pa
from rich.cells import cell_len, chop_cells, set_cell_size

from warehouse.rows import Rows, as_text
from warehouse.terminal import printable

MAX_ROWS = 1000
"""Rows that a table shows; the other formats have all."""
MAX_CELL = 60
"""Columns of the terminal that one cell of a grid takes."""
LEAST_CELL = 20
"""A grid that would have to cut its texts shorter than this becomes a list."""
SHORT_ID = 9
"""An id is cut to so many columns where room is short: enough to name a row by."""
MAX_VALUE = 4000
"""Characters of one value where each row is shown as a list."""
FEW_ROWS = 3
"""So few rows are shown as lists where a grid would cut their cells."""
SEPARATOR = " │ "


def terminal_width() -> int:
    """Return the columns of this terminal, no limit where there is none."""
    return shutil.get_terminal_size((sys.maxsize, 0)).columns


def render(rows: Rows, width: int | None = None) -> str:
    """Return rows as text that ends with a line end.

    Args:
        rows: The first MAX_ROWS of them are read and shown.
        width: Columns of the terminal; by default those of this one.
    """
    names = [printable(name) for name in rows.schema.names]
    values = list(islice(rows.tuples(), MAX_ROWS + 1))
    footer = _footer(len(values))
    del values[MAX_ROWS:]
    cells = [[shown(value) for value in row] for row in values]
    limit = width or terminal_width()
    widths = _widths(names, cells, [name in rows.uuid_columns for name in rows.schema.names], limit)
    cut = any(cell_len(cell) > MAX_CELL for row in cells for cell in row)
    if widths is None and not values:
        return f"columns: {', '.join(names)}\n{footer}"
    if widths is None or (cut and len(values) <= FEW_ROWS):
        return _lists(names, values, limit) + footer
    numbers = [_is_number(field.type) for field in rows.schema]
    return "\n".join(_grid(names, cells, widths, numbers)) + "\n" + footer


def _footer(num_read: int) -> str:
    if num_read > MAX_ROWS:
        return f"(the first {MAX_ROWS} rows; there are more: other formats have all)\n"
    return f"({num_read} row{'' if num_read == 1 else 's'})\n"


def shown(value: Any, keep: str = "") -> str:
    """Return a value as people write it, safe for a terminal."""
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
            return printable(as_text(value), keep)


def _is_number(type_: pa.DataType) -> bool:
    return any(f(type_) for f in (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal))


def _widths(
    names: Sequence[str], rows: Sequence[Sequence[str]], are_ids: Sequence[bool], limit: int
) -> list[int] | None:
    """Return widths of columns that fit: ids shortened first, then the widest; None if none do."""
    columns = [
        [cell_len(cell) for cell in (name, *(row[i] for row in rows))]
        for i, name in enumerate(names)
    ]
    widths = [min(MAX_CELL, max(column)) for column in columns]
    room = limit - len(SEPARATOR) * (len(names) - 1)
    if sum(widths) > room:
        widths = [
            min(width, max(SHORT_ID, column[0])) if is_id else width
            for width, is_id, column in zip(widths, are_ids, columns, strict=True)
        ]
    while sum(widths) > room:
        widest = max(range(len(widths)), key=widths.__getitem__)
        if widths[widest] <= LEAST_CELL:
            return None
        widths[widest] -= 1
    return widths


def _grid(
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
    right: Sequence[bool],
) -> list[str]:
    def line(cells: Sequence[str]) -> str:
        aligned = (
            " " * (width - cell_len(cell)) + cell if at_right else _fitted(cell, width)
            for cell, width, at_right in zip(cells, widths, right, strict=True)
        )
        return SEPARATOR.join(aligned).rstrip()

    rule = "─┼─".join("─" * width for width in widths)
    return [line(names), rule, *map(line, rows)]


def _fitted(cell: str, width: int) -> str:
    if cell_len(cell) <= width:
        return set_cell_size(cell, width)
    return set_cell_size(cell, width - 1) + "…"


def _wrapped(line: str, width: int) -> list[str]:
    """Return a line in pieces that fit, broken between words where it is plain text."""
    if cell_len(line) <= width:
        return [line]
    return textwrap.wrap(line, width) if line.isascii() else chop_cells(line, width)


def _lists(names: Sequence[str], rows: Sequence[Sequence[Any]], limit: int) -> str:
    """Return each row as lines of name and value; a value's own lines are set behind a bar."""
    margin = max(map(cell_len, names))
    lines = []
    for number, row in enumerate(rows, 1):
        lines.append(f"── row {number} ".ljust(min(limit, 50), "─"))
        for name, value in zip(names, row, strict=True):
            text = shown(value, keep="\n")
            if len(text) > MAX_VALUE:
                text = f"{text[:MAX_VALUE]}… ({len(text)} characters)"
            room = max(limit - margin - len(SEPARATOR), 10)
            first, *more = (part for line in text.split("\n") for part in _wrapped(line, room))
            lines.append(f"{set_cell_size(name, margin)} │ {first}")
            lines += [f"{' ' * margin} │ {rest}" for rest in more]
    return "".join(f"{line}\n" for line in lines)
