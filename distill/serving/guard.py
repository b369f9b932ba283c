"""A supervisor that lets no server outlive its stage, whichever process is killed, and however.

    stage -> guard -> guard -> server -> its engine and workers

Each guard ends everything below itself when its parent is gone, when its child is gone, or when it
is told to (SIGTERM). Two of them, since kill -9 of one leaves the other: the inner one then notices
that its parent is gone, the outer one inherits what the inner one had below. Every layer has its
own session, so that neither Ctrl-C in the terminal nor a signal to a process group reaches more
than one of them; as subreapers (Linux) they inherit processes whose parent ended or that made
themselves daemons.

It is run by its path and imports nothing of the project: up in a tenth of a second.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from types import FrameType

import psutil

POLL_SEC = 0.1
NUM_LAYERS = 2
PR_SET_CHILD_SUBREAPER = 36  # <linux/prctl.h>


def guarded(command: list[str], *, grace_sec: float, num_layers: int = NUM_LAYERS) -> list[str]:
    """Return the command that runs `command` under guards, for a child of the calling process.

    Args:
        command: the server's.
        grace_sec: time that it has to end by itself after SIGTERM.
        num_layers: guards around it.
    """
    me = [sys.executable, "-P", __file__]  # -P: this folder's modules must not hide others
    return [*me, str(os.getpid()), str(grace_sec), str(num_layers), *command]


def main(arguments: list[str]) -> int:
    """Run a command as `guarded` spells it; return its exit status as a shell tells it."""
    parent, grace_sec, num_layers = int(arguments[0]), float(arguments[1]), int(arguments[2])
    command = arguments[3:]
    if num_layers > 1:
        command = guarded(command, grace_sec=grace_sec, num_layers=num_layers - 1)
    _adopt_orphans()
    stopping = _stop_signals()
    child = subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL)
    while child.poll() is None and os.getppid() == parent and not stopping:
        time.sleep(POLL_SEC)
    # An outer guard waits longer, so that the inner one's SIGKILL comes first.
    end_all_below(grace_sec + 2 * (num_layers - 1))
    status = child.wait()
    return status if status >= 0 else 128 - status


def _adopt_orphans() -> None:
    with suppress(AttributeError, OSError):  # not Linux: there orphans go to init
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _stop_signals() -> list[int]:
    """Return a list that the next SIGTERM, SIGINT or SIGHUP adds itself to."""
    received: list[int] = []

    def receive(number: int, frame: FrameType | None) -> None:
        received.append(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, receive)
    return received


def end_all_below(grace_sec: float) -> None:
    """End this process's descendants, from the top down; SIGKILL for what is left after the grace.

    A server that gets SIGTERM ends its own engine and workers in good order; what it leaves behind
    comes to this process as an orphan and gets its own SIGTERM.
    """
    me = psutil.Process()
    deadline = time.monotonic() + grace_sec
    asked: set[int] = set()
    while children := _living(me.children()):
        if time.monotonic() > deadline:
            for process in me.children(recursive=True):
                _end(process, signal.SIGKILL)
        for process in children:
            if process.pid not in asked:
                asked.add(process.pid)
                _end(process, signal.SIGTERM)
        time.sleep(POLL_SEC)


def _living(processes: list[psutil.Process]) -> list[psutil.Process]:
    living: list[psutil.Process] = psutil.wait_procs(processes, timeout=0)[1]  # reaps zombies
    return living


def _end(process: psutil.Process, number: int) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
