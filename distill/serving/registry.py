"""Servers that stages may share: a JSON file for each in HOME/servers while the server runs."""

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psutil
from pydantic import ValidationError

from distill.config.base import Section
from distill.runs.home import Home
from distill.runs.run import write_atomically
from distill.serving.probe import is_healthy, served_models


class Entry(Section):
    """A server that may be shared."""

    model_id: UUID
    served_name: str
    base_url: str
    max_model_len: int
    pid: int
    """The process that answers for the server: when it ends, so does the server."""
    host: str
    log: Path

    def is_alive(self) -> bool:
        """Tell whether its process runs, on this machine."""
        try:
            here = self.host == platform.node()
            return here and psutil.Process(self.pid).status() != psutil.STATUS_ZOMBIE
        except (psutil.NoSuchProcess, ValueError):
            return False

    def is_up(self) -> bool:
        """Tell whether the server takes requests for its model."""
        try:
            names = served_models(self.base_url) or []
        except OSError:
            return False
        return self.served_name in names and is_healthy(self.base_url)


@contextmanager
def registered(home: Home, entry: Entry) -> Iterator[None]:
    """Let stages find the server while the block runs."""
    path = home.servers / f"{entry.host}-{entry.pid}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, entry.model_dump_json(indent=1))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def entries(home: Home) -> list[Entry]:
    """Return this machine's servers whose process runs; stale and broken files are passed over."""
    found = [_read(path) for path in sorted(home.servers.glob("[!.]*.json"))]
    return [entry for entry in found if entry and entry.is_alive()]


def find(home: Home, model_id: UUID, max_model_len: int) -> list[Entry]:
    """Return the servers that are up with this very model, for sequences of this length."""
    return [
        entry
        for entry in entries(home)
        if entry.model_id == model_id and entry.max_model_len >= max_model_len and entry.is_up()
    ]


def _read(path: Path) -> Entry | None:
    try:
        return Entry.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
