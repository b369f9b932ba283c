"""Training sets as folders for others: Parquet, JSON lines or what `datasets` loads, with a card.

The same data set id, layout, format and exporter make the same bytes.
"""

import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from distill.errors import UserError, nearest
from distill.templates.render import completion_text
from warehouse.ask import Source, ask
from warehouse.card import write_card
from warehouse.layouts import LAYOUTS
from warehouse.rows import Rows
from warehouse.scripts import statement
from warehouse.writers import WRITERS, SplitWriter

EXPORTER = f"1/pyarrow-{pa.__version__}"
"""Another version may make other bytes."""


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A training set to export."""

    dataset_id: str
    arms: tuple[str, ...]
    """Names under which recipes chose it, for people."""


def choose_dataset(
    source: Source, *, dataset: str | None, arm: str | None, recipe: str | None
) -> Chosen:
    """Return the training set with an id, or the newest of an arm.

    Args:
        source: The warehouse.
        dataset: The id, or its beginning.
        arm: Name of an arm.
        recipe: Of a recipe of this name only.

    Raises:
        UserError: if there is none, or several ids begin so.
    """
    if (dataset is None) is (arm is None):
        raise UserError("export: name either --dataset ID or --arm NAME")
    rows = ask(source, statement("export_datasets"), lambda rows: list(rows.objects())) or []
    if not rows:
        raise UserError("export: no training set was chosen yet. `distill dataset` makes them.")
    rows = [row for row in rows if recipe in (None, row["recipe"])]
    found = [
        row for row in rows if row["arm"] == arm or row["dataset_id"].startswith(dataset or "-")
    ]
    if not found:
        what = f"--arm {arm!r}" if arm else f"--dataset {dataset}"
        hint = nearest(arm or "", {row["arm"] for row in rows})
        raise UserError(f"export {what}: no training set of that name{hint}")
    ids = list(dict.fromkeys(row["dataset_id"] for row in found))
    if dataset and len(ids) > 1:
        raise UserError(f"export --dataset {dataset}: several ids begin so: {', '.join(ids)}")
    arms = (f"{row['arm']} of {row['recipe']}" for row in rows if row["dataset_id"] == ids[0])
    return Chosen(dataset_id=ids[0], arms=tuple(dict.fromkeys(arms)))


@dataclass(kw_only=True)
class Exported:
    """What was written: what the card tells."""

    dataset_id: str
    layout: str
    format: str
    exporter: str = EXPORTER
    splits: Counter[str] = field(default_factory=Counter)
    sources: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """Traces by source, domain, licence, revision."""
    teachers: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """Traces by name, revision, licence."""
    num_unanswered: int = 0
    """Traces left out, as they hold no answer: they would teach never to answer."""
    files: dict[str, str] = field(default_factory=dict)
    """SHA-256 by name."""

    @cached_property
    def num_traces(self) -> int:
        """Traces that were written."""
        return self.splits.total()


def export_dataset(
    source: Source, dataset_id: str, folder: Path, *, layout: str, format_: str
) -> Exported:
    """Write a training set into a new folder, which is whole or not there.

    Raises:
        UserError: if the folder is there already, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"export {folder}: it is there already. Remove it or name another.")
    exported = Exported(dataset_id=dataset_id, layout=layout, format=format_)
    with _new_folder(folder) as unfinished:
        ask(
            source,
            statement("export_rows"),
            lambda rows: _write(rows, unfinished, exported),
            {"dataset_id": dataset_id},
        )
        for path in sorted(unfinished.rglob("*")):
            if path.is_file():
                exported.files[str(path.relative_to(unfinished))] = _sha256(path)
        write_card(exported, unfinished)
    return exported


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    unfinished = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        unfinished.mkdir(parents=True)
        yield unfinished
        unfinished.replace(folder)
    except OSError as error:
        raise UserError(f"export {folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _write(rows: Rows, folder: Path, exported: Exported) -> None:
    layout, writers = LAYOUTS[exported.layout], dict[str, SplitWriter]()
    with ExitStack() as open_writers:
        for row in rows.objects():
            answer = row.pop("answer") or ""
            if row.pop("outcome") != "ok" or not answer.strip():
                exported.num_unanswered += 1
                continue
            split = row.pop("split")
            if split not in writers:
                writer = WRITERS[exported.format](folder, split, layout.schema, exported.dataset_id)
                writers[split] = open_writers.enter_context(writer)
            completion = completion_text(row.pop("reasoning"), answer, opens_think=False)
            exported.splits[split] += 1
            exported.sources[_told(row, "source", "domain", "licence", "revision")] += 1
            teacher = _told(row, "teacher", "teacher_revision", "teacher_licence")
            exported.teachers[teacher] += 1
            writers[split].add(layout.of(row.pop("messages"), completion) | row)


def _told(row: dict[str, Any], *names: str) -> tuple[str, ...]:
    return tuple(row[name] or "unverified" for name in names)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
