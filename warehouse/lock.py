"""Whose turn it is with the warehouse: a fair queue of processes and threads.

DuckDB lets one process write or several read, and turns the others away at once. Here they wait:
everybody passes a turnstile and takes the main lock behind it, shared or alone. A writer that waits
for the main lock keeps the turnstile, so readers that come later stay behind it. Both are flocks:
the kernel frees them however their holder dies, and each open file counts apart, so threads of one
process queue like processes do.
"""

import fcntl
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from distill.errors import UserError

log = logging.getLogger(__name__)
PATIENCE_SEC = 2.0
"""Wait so long before saying who is waited for; after that it is said every REMINDER_SEC."""
REMINDER_SEC = 30.0


@contextmanager
def turn(warehouse: Path, stage: str, *, write: bool) -> Iterator[None]:
    """Hold the warehouse, alone (`write`) or with other readers.

    A folder beside it holds the locks, and a file for each holder, so that those who wait can say
    for whom.

    Raises:
        UserError: if the lock files cannot be made.
    """
    folder = warehouse.with_name(f"{warehouse.name}.lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        turnstile, main = (folder / "turnstile").open("ab"), (folder / "main").open("ab")
    except OSError as error:
        raise UserError(
            f"warehouse {warehouse}: cannot make {folder}: {error.strerror}. "
            "Make the folder writable or choose another with --home."
        ) from error
    with turnstile, main:  # closing them is what gives the locks back
        _take(turnstile, fcntl.LOCK_EX, folder)
        _take(main, fcntl.LOCK_EX if write else fcntl.LOCK_SH, folder)
        fcntl.flock(turnstile, fcntl.LOCK_UN)
        name = folder / f"holder-{os.getpid()}-{threading.get_ident()}"
        if write:  # nobody else holds it, so names still there are those of killed processes
            for stale in folder.glob("holder-*"):
                stale.unlink(missing_ok=True)
        name.write_text(f"{stage}, {'writing' if write else 'reading'}", encoding="utf-8")
        try:
            yield
        finally:
            name.unlink(missing_ok=True)


def _take(file: BinaryIO, kind: int, folder: Path) -> None:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        with _naming_holders(folder):
            fcntl.flock(file, kind)


@contextmanager
def _naming_holders(folder: Path) -> Iterator[None]:
    """Say who is waited for while the body takes long."""
    begun, done = time.monotonic(), threading.Event()

    def remind() -> None:
        patience = PATIENCE_SEC
        while not done.wait(patience):
            waited = time.monotonic() - begun
            say(f"waiting for the warehouse since {waited:.0f} s: {holders(folder)}")
            patience = REMINDER_SEC

    thread = threading.Thread(target=remind, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def holders(folder: Path) -> str:
    """Return who holds the lock in `folder`, as `pid 4711 (generate, writing)`."""
    names = []
    for file in sorted(folder.glob("holder-*")):
        pid = int(file.name.split("-")[1])
        try:
            os.kill(pid, 0)
            names.append(f"pid {pid} ({file.read_text(encoding='utf-8')})")
        except (ProcessLookupError, FileNotFoundError):
            continue
        except PermissionError:  # alive, and somebody else's
            names.append(f"pid {pid}")
    return ", ".join(names) or "a process that has not named itself"


def say(text: str) -> None:
    """Tell whoever watches, and the log."""
    log.info(text)
    print(text, file=sys.stderr, flush=True)
