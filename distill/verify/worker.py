"""The process that verdicts are made in: confined, and on a timer of the kernel's."""

import contextlib
import json
import os
import resource
import signal
import sys
from multiprocessing.connection import Connection
from typing import Any

from distill.config.prompts import Verification
from distill.verify.registry import VERIFIERS, decide

GRACE_SEC = 5.0
"""The parent kills at the deadline; the kernel so much later, should the parent be gone."""
MEMORY_BYTES = 2 << 30
_FORBIDDEN = ("ctypes.", "os.", "shutil.", "signal.", "socket.", "subprocess.")
_ALLOWED = frozenset({"os.listdir", "os.scandir"})
_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def work(connection: Connection, settings: Verification) -> None:
    """Answer batches of checks one by one, in order, until the parent hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    for name in settings.verifiers:
        VERIFIERS[name].load(settings)
    _confine()
    connection.send_bytes(b"ready")
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            for check in connection.recv():
                signal.setitimer(signal.ITIMER_REAL, settings.timeout_sec + GRACE_SEC)
                connection.send_bytes(json.dumps(vars(decide(check))).encode())
            signal.setitimer(signal.ITIMER_REAL, 0)


def _confine() -> None:
    """Take from this process what no verdict needs: writing, starting processes, sockets, memory.

    It is a fence around libraries that evaluate parts of an answer (sympy, some scorers), not a
    sandbox for programs.
    """
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    sys.dont_write_bytecode = True
    with open("/proc/self/statm") as statm:  # noqa: PTH123
        used = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY_BYTES, used + MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    forbidden = event.startswith(_FORBIDDEN) and event not in _ALLOWED
    if forbidden or (event == "open" and arguments[2] & _WRITE):
        raise PermissionError(f"{event} is not for verifiers")
