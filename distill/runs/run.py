"""Run directories: the resolved recipe, the log and the status of one stage on one recipe."""

import fcntl
import json
import logging
import os
import platform
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from distill import __version__
from distill.config.recipe import Recipe
from distill.errors import UserError
from distill.runs.home import Home

log = logging.getLogger(__name__)
STATUS_INTERVAL_SEC = 1.0


def write_atomically(path: Path, text: str) -> None:
    """Write a file that is either whole or not there: temporary name, fsync, rename."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


@cache
def code_version() -> str:
    """Return the version, with the commit where the code lies in a git checkout."""
    here = Path(__file__).parent
    command = ["git", "-C", str(here), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        commit = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return __version__
    return f"{__version__}+{commit.stdout.strip()}"


@dataclass(kw_only=True)
class Status:
    """How far a run is, as `distill status` shows it."""

    stage: str
    recipe: str
    run_id: str
    state: str = "running"
    """running | finished | failed | interrupted"""
    pid: int = field(default_factory=os.getpid)
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    finished: str | None = None
    done: int = 0
    total: int | None = None
    message: str = ""
    seconds: float = 0.0
    """Working time of all its sessions together."""


@dataclass(kw_only=True)
class Run:
    """One stage on one recipe; going on with it later is the same run."""

    stage: str
    run_id: UUID
    recipe: Recipe
    directory: Path
    status: Status
    host: str = field(default_factory=platform.node)
    _written: float = 0.0

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        """Record how far the run is; written to status.json at most once a second."""
        self.status.done, self.status.total = (
            done,
            total if total is not None else self.status.total,
        )
        self.status.message = message or self.status.message
        if time.monotonic() - self._written >= STATUS_INTERVAL_SEC:
            self.save()

    def save(self) -> None:
        """Write status.json."""
        write_atomically(self.directory / "status.json", json.dumps(asdict(self.status), indent=1))
        self._written = time.monotonic()


def read_status(directory: Path) -> Status | None:
    """Return the status of a run directory, or None where there is none that can be read."""
    try:
        return Status(**json.loads((directory / "status.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


@contextmanager
def open_run(home: Home, recipe: Recipe, stage: str) -> Iterator[Run]:
    """Begin or go on with the run of `stage`: its folder, recipe.json, log.txt and status.json.

    The status ends as finished, interrupted (Ctrl-C) or failed, with the error's first line.
    """
    run_id = recipe.run_id(stage)
    directory = home.run_dir(recipe.name, stage, run_id)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        write_atomically(directory / "recipe.json", json.dumps(recipe.resolved(), indent=1))
    except OSError as error:
        raise UserError(f"run folder {directory}: {error.strerror}") from error
    with _only_one(directory):
        yield from _session(recipe, stage, run_id, directory)


def _session(recipe: Recipe, stage: str, run_id: UUID, directory: Path) -> Iterator[Run]:
    before = read_status(directory)
    status = Status(stage=stage, recipe=recipe.name, run_id=str(run_id))
    if before:
        status.started, status.seconds = before.started, before.seconds
    run = Run(stage=stage, run_id=run_id, recipe=recipe, directory=directory, status=status)
    run.save()
    begun = time.monotonic()
    with _log_file(directory / "log.txt"):
        log.info(
            "run %s of stage %s on recipe %s, code %s", run_id, stage, recipe.name, code_version()
        )
        try:
            yield run
            status.state = "finished"
        except KeyboardInterrupt:
            status.state = "interrupted"
            raise
        except BaseException as error:
            status.state, status.message = (
                "failed",
                (str(error) or type(error).__name__).splitlines()[0],
            )
            raise
        finally:
            status.finished = datetime.now(UTC).isoformat(timespec="seconds")
            status.seconds += time.monotonic() - begun
            run.save()


@contextmanager
def _only_one(directory: Path) -> Iterator[None]:
    """Hold the run's lock; the kernel gives it back however the process ends."""
    with (directory / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise UserError(
                f"run {directory}: process {holder} is working on it. Wait for it, or end it."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


@contextmanager
def _log_file(path: Path) -> Iterator[None]:
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()


def run_record(run: Run) -> dict[str, Any]:
    """Return the run as a row of the warehouse's `runs`."""
    return {
        "run_id": run.run_id,
        "stage": run.stage,
        "recipe": run.recipe.resolved(),
        "code_version": code_version(),
        "host": run.host,
        "started": run.status.started,
        "finished": run.status.finished,
        "status": run.status.state,
    }
