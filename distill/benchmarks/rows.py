"""Rows of data files: JSON, JSON lines and Parquet, plain or .gz, and of Hub datasets."""

import gzip
import io
import json
import os
import socket
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlparse

from distill.errors import UserError

Row: TypeAlias = dict[str, Any]
FORMATS = (".jsonl", ".json", ".parquet")


def find_file(name: str, data: Path | None) -> Path | None:
    """Return the file of that name, as it is given or under the data folder; plain or .gz."""
    folders = [Path()] if data is None else [Path(), data]
    candidates = [folder / (name + end) for folder in folders for end in ("", ".gz")]
    return next((path for path in candidates if path.is_file()), None)


def read_rows(
    path: Path, skip: Callable[[UserError], None] | None = None
) -> Iterator[tuple[int, Row]]:
    """Yield the rows of a file with their numbers: lines of JSON lines, else counted from 1.

    JSON lines and Parquet are read as they are asked for. A JSON file holds a list of objects, or
    an object with one list in it, or JSON lines after all.

    Args:
        path: The file.
        skip: Is told of each row that is broken, which is then left out.

    Raises:
        UserError: for a file that is no such thing, and without `skip` at the first broken row.
    """
    suffixes = [suffix for suffix in path.suffixes if suffix != ".gz"]
    kind = suffixes[-1] if suffixes else ""
    if kind not in FORMATS:
        raise UserError(f"{path}: not one of {', '.join(FORMATS)} (or that with .gz)")
    with _open(path) as file:
        if kind == ".parquet":
            yield from _parquet(path, file)
        elif kind == ".json":
            yield from _json(path, file.read(), skip)
        else:
            yield from _lines(path, file, skip)


@contextmanager
def _open(path: Path) -> Iterator[io.BufferedIOBase]:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            yield file
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{path}: cannot be read: {reason}") from error


def _lines(
    path: Path,
    lines: io.BufferedIOBase | list[bytes],
    skip: Callable[[UserError], None] | None,
) -> Iterator[tuple[int, Row]]:
    for number, line in enumerate(lines, 1):
        try:
            if line.strip():
                yield number, _line(path, number, line)
        except UserError as error:
            if skip is None:
                raise
            skip(error)


def _line(path: Path, number: int, line: bytes) -> Row:
    try:
        row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}, line {number}: broken: {error}. Correct or remove it.") from error
    return _object(path, f"line {number}", row)


def _json(
    path: Path, content: bytes, skip: Callable[[UserError], None] | None
) -> Iterator[tuple[int, Row]]:
    try:
        value = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        if content.lstrip().startswith(b"["):
            raise UserError(f"{path}: broken: {error}") from error
        yield from _lines(path, content.splitlines(keepends=True), skip)
        return
    if isinstance(value, dict):
        lists = [item for item in value.values() if isinstance(item, list)]
        value = lists[0] if len(lists) == 1 else None
    if not isinstance(value, list):
        raise UserError(f"{path}: neither a list of objects nor an object that holds one list")
    for number, row in enumerate(value, 1):
        yield number, _object(path, f"row {number}", row)


def _object(path: Path, where: str, row: Any) -> Row:
    if not isinstance(row, dict):
        raise UserError(f"{path}, {where}: a {type(row).__name__}, not an object with fields")
    return row


def _parquet(path: Path, file: io.BufferedIOBase) -> Iterator[tuple[int, Row]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        source = io.BytesIO(file.read()) if path.suffix == ".gz" else file
        for batch in pq.ParquetFile(source).iter_batches(batch_size=1000):
            for row in batch.to_pylist():
                number += 1
                yield number, row
    except pa.ArrowException as error:
        raise UserError(f"{path}, after row {number}: not Parquet, or broken: {error}") from error


class HubError(UserError):
    """A Hub dataset cannot be had."""


def hub_rows(
    dataset: str, config: str | None, split: str, revision: str | None = None
) -> Iterator[tuple[int, Row]]:
    """Return the rows of a Hub dataset with their numbers, from 1.

    Raises:
        HubError: if it cannot be had.
    """
    if not _hub_answers():  # else every look-up is tried for half a minute before the cache is used
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from datasets import load_dataset

    try:
        rows = load_dataset(dataset, config, split=split, revision=revision)
    except Exception as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise HubError(f"Hub dataset {dataset!r} ({split}): {reason}") from error
    return ((number, dict(row)) for number, row in enumerate(rows, 1))


def _hub_answers() -> bool:
    if os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy"):
        return True
    host = urlparse(os.environ.get("HF_ENDPOINT") or "https://huggingface.co").hostname
    try:
        socket.getaddrinfo(host, 443)
    except OSError:
        return False
    return True


def text_field(row: Row, field: str, where: str) -> str:
    """Return a field of a row as text; numbers become theirs.

    `conversation.0.content` is a place inside a field: names in objects, numbers in lists.

    Raises:
        UserError: if the row has not that field, or no text in it; `where` names the row.
    """
    value: Any = row
    for part in [field] if field in row else field.split("."):
        try:
            value = value[int(part) if isinstance(value, list) else part]
        except (KeyError, IndexError, ValueError, TypeError) as error:
            has = ", ".join(sorted(row)) or "none"
            raise UserError(f"{where}: no field {field!r}; it has {has}") from error
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        shown = "blank" if isinstance(value, str) else f"{type(value).__name__}, not text"
        raise UserError(f"{where}: field {field!r} is {shown}")
    return value
