"""Going on after Ctrl-C or kill -9: which of a trainer's checkpoints are whole.

The trainer writes a checkpoint in place, file by file. One is whole when it has its mark, written
after everything else, and every file still has the size that the mark says: a torn one is removed
and the one before it taken.
"""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from distill.errors import UserError
from distill.runs.run import write_atomically

MARK = "WHOLE.json"


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What the trainer's own state does not remember."""

    seconds: float = 0.0
    """Time spent on training steps by all sessions up to here."""
    validation_loss: float | None = None
    """Before the first step."""


@dataclass(frozen=True, kw_only=True)
class Whole:
    """A checkpoint to go on from."""

    folder: Path
    progress: Progress


def mark_whole(folder: Path, progress: Progress) -> None:
    """Declare a trainer's checkpoint whole, and remove those before it."""
    sizes = {
        str(path.relative_to(folder)): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file()
    }
    write_atomically(folder / MARK, json.dumps({"sizes": sizes, "progress": vars(progress)}))
    for older in _checkpoints(folder.parent):
        if _step(older) < _step(folder):
            shutil.rmtree(older)


def last_whole(work: Path) -> Whole | None:
    """Return the newest whole checkpoint in a work folder, removing those that are torn."""
    for folder in sorted(_checkpoints(work), key=_step, reverse=True):
        if progress := _read(folder):
            return Whole(folder=folder, progress=progress)
        shutil.rmtree(folder)
    return None


def _read(folder: Path) -> Progress | None:
    try:
        mark = json.loads((folder / MARK).read_text(encoding="utf-8"))
        is_whole = all(
            (folder / name).stat().st_size == size for name, size in mark["sizes"].items()
        )
        return Progress(**mark["progress"]) if is_whole else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _checkpoints(work: Path) -> list[Path]:
    return [path for path in work.glob("checkpoint-*") if path.name[11:].isdecimal()]


def _step(folder: Path) -> int:
    return int(folder.name.removeprefix("checkpoint-"))


@contextmanager
def only_trainer(work: Path) -> Iterator[None]:
    """Hold a work folder, made if it is not there, so that no second process trains in it.

    Raises:
        UserError: if another process does.
    """
    work.mkdir(parents=True, exist_ok=True)
    with (work / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UserError(
                f"{work}: another process is training this student. Wait for it, or stop it."
            ) from error
        yield
