"""Rows as other programs read them: CSV, JSON lines and Parquet, written batch by batch."""

import csv
import io
import json
import re
from typing import BinaryIO

import pyarrow.parquet as pq

from warehouse.rows import Rows, as_text
from warehouse.terminal import acts


def write_rows(rows: Rows, format_: str, file: BinaryIO) -> None:
    """Write all rows.

    Args:
        rows: What to write.
        format_: `csv`, with a header; `json`, one object a line; `parquet`.
        file: Where to.
    """
    match format_:
        case "csv":
            _csv(rows, file)
        case "json":
            for row in rows.objects():
                text = json.dumps(row, ensure_ascii=False)
                file.write(re.sub(r"[^\x20-\x7e]", _escaped, text).encode() + b"\n")
        case _:
            with pq.ParquetWriter(file, rows.schema, compression="zstd") as writer:
                for batch in rows.batches:
                    writer.write_batch(batch)


def _csv(rows: Rows, file: BinaryIO) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows.schema.names)
    for row in rows.tuples():
        writer.writerow(["" if value is None else as_text(value) for value in row])
    text.detach()


def _escaped(match: re.Match[str]) -> str:
    """Escape what acts on a terminal, as JSON may: all of it stands inside strings."""
    character = match.group()
    return json.dumps(character)[1:-1] if acts(character) else character
