"""An answer on its way out: onto the terminal, into a pipe or into a file."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from distill.errors import UserError
from warehouse.ask import Source, ask
from warehouse.database import Warehouse
from warehouse.folder import Folder
from warehouse.formats import write_rows
from warehouse.published import PublishedWarehouse
from warehouse.render import render
from warehouse.rows import Rows

IN_MEMORY_BYTES = 64_000_000
NOTHING = b"(nothing to show)\n"


def existing(path: Path) -> Warehouse:
    """Return the warehouse at `path`, which is not made.

    Raises:
        UserError: if there is none.
    """
    if not path.exists():
        raise UserError(f"warehouse {path}: not there yet. `distill all` makes and fills it.")
    return Warehouse(path, "sql")


def source_of(path: Path, published: str | None) -> Source:
    """Return what to ask: the warehouse at `path`, or the one that was published in a folder.

    Raises:
        UserError: if there is none.
    """
    return existing(path) if published is None else PublishedWarehouse(Folder.at(published))


def answer(
    source: Source,
    text: str,
    params: Mapping[str, Any] | None = None,
    *,
    format_: str = "table",
    output: Path | None = None,
    write: bool = False,
) -> None:
    """Run statements and put the rows of the last onto standard output, or into a file.

    The rows are kept aside until the warehouse is closed again: whoever reads them slowly keeps
    nobody out.

    Raises:
        UserError: if a statement fails or the file cannot be written.
        KeyboardInterrupt: if it was stopped; no file is left.
    """
    with _new_file(output) if output else _standard_output() as file:

        def consume(rows: Rows) -> None:
            if format_ == "table":
                file.write(render(rows).encode())
            else:
                write_rows(rows, format_, file)

        ask(source, text, consume, params, write)
        if not file.tell() and format_ == "table":
            file.write(NOTHING)


@contextmanager
def _standard_output() -> Iterator[BinaryIO]:
    with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as file:
        yield cast(BinaryIO, file)
        file.seek(0)
        shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.flush()


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that is either whole or not there."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            yield file
        temporary.replace(path)
    except OSError as error:
        raise UserError(f"--output {path}: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)
