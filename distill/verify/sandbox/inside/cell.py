"""A cell: one process with its children, apart from the server and from every other cell.

It has process ids of its own, so that it sees and signals nobody else and dies as a whole with its
first process; an empty /tmp of its own; no /proc; limits; no privilege; and it cannot be debugged,
since it is alone.
"""

import contextlib
import os
import resource
import select
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import syscalls

_MS_NOSUID, _MS_NODEV, _MS_PRIVATE_ALL = 2, 4, 0x44000
NUM_INODES = 1000


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a cell may use."""

    cpu_sec: int = 4
    """Of one process."""
    memory_bytes: int = 2 << 30
    """Address space of one process."""
    resident_bytes: int = 1 << 30
    """Memory in use by all processes of a job together, looked at 50 times a second."""
    num_processes: int = 32
    """Threads count as processes."""
    file_bytes: int = 16 << 20
    """Size of one file."""
    disk_bytes: int = 64 << 20
    """Size of /tmp, which is memory."""
    output_bytes: int = 4 << 20
    """Of one run's standard output."""
    num_files: int = 64
    """Open at a time."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a cell ended."""

    status: int | None
    """As os.waitstatus_to_exitcode() gives it; None if it ran until it was ended."""
    cpu_sec: float


class Cell:
    """A running cell, as its parent sees it."""

    def __init__(
        self, main: Callable[[], None], files: Sequence[int], limits: Limits, user: int
    ) -> None:
        """Start it.

        Args:
            main: what it does; trusted, but runs what is not.
            files: what it has open as its 0, 1, 2 and so on; nothing else is.
            limits: what it may use.
            user: who it is; 0 leaves that as it is, since only root can be someone else.
        """
        self.pid = syscalls.fork_into(syscalls.CLONE_NEWPID | syscalls.CLONE_NEWNS)
        if self.pid == 0:
            _live(main, files, limits, user)
        self.exited = os.pidfd_open(self.pid)

    def end(self, grace_sec: float = 0.0) -> Ended:
        """Kill whatever of it lives after a while, and say how it ended if it had by itself."""
        by_itself, *_ = select.select([self.exited], [], [], grace_sec)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        _, status, used = os.wait4(self.pid, 0)
        os.close(self.exited)
        return Ended(
            status=os.waitstatus_to_exitcode(status) if by_itself else None,
            cpu_sec=used.ru_utime + used.ru_stime,
        )


def _live(main: Callable[[], None], files: Sequence[int], limits: Limits, user: int) -> None:
    status = 1
    try:
        _confine(files, limits, user)
        main()
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        status = 1
    finally:
        os._exit(status & 0xFF)


def _confine(files: Sequence[int], limits: Limits, user: int) -> None:
    os.setsid()  # else kill(0) reaches the parent: process groups reach across namespaces
    _hide(limits)
    above = max(*files, len(files)) + 1
    spare = [os.dup2(fd, above + at) for at, fd in enumerate(files)]
    for number, fd in enumerate(spare):
        os.dup2(fd, number)
    os.closerange(len(files), 1 << 16)
    _limit(limits)
    if user:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    syscalls.drop_capabilities()
    syscalls.deny_calls()
    sys.path[:] = [path for path in sys.path if not path.startswith("/box")]


def _hide(limits: Limits) -> None:
    syscalls.mount("none", "/", _MS_PRIVATE_ALL)
    syscalls.unmount("/proc")
    size = f"size={limits.disk_bytes},nr_inodes={NUM_INODES},mode=1777"
    syscalls.mount("tmpfs", "/tmp", _MS_NOSUID | _MS_NODEV, size)
    os.chdir("/tmp")


def _limit(limits: Limits) -> None:
    for what, most in (
        (resource.RLIMIT_CPU, limits.cpu_sec),
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_NPROC, limits.num_processes),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NOFILE, limits.num_files),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        resource.setrlimit(what, (most, most))


def resident_bytes(trusted: frozenset[int]) -> int:
    """Return how much memory the processes of the sandbox use, the trusted ones left out."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) not in trusted:
            with contextlib.suppress(OSError), (process / "statm").open() as statm:
                _, resident, shared, *_ = map(int, statm.read().split())
                total += resident - shared
    return total * resource.getpagesize()
