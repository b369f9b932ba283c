"""The sandbox's first process: for every job it forks one that does it, and keeps nothing of it.

A job's process starts a cell for the candidate and, where functions are tested, one for the tests;
the candidate's is started before the tests are read, so that its memory cannot hold them. It keeps
the time, counts memory and output, and says how it ended.
"""

import contextlib
import gc
import json
import os
import select
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

from . import guest, tester
from .cell import Cell, Ended, Limits, resident_bytes
from .wire import read_frame, read_json, write_frame, write_json

LOOK_SEC = 0.02
GRACE_SEC = 0.5
"""A candidate that hangs up is about to end, and how it ends is the reason."""
PRELOADED = (
    "abc array ast base64 bisect calendar cmath collections copy dataclasses datetime decimal enum "
    "fractions functools hashlib heapq io itertools json math numbers operator pprint queue random "
    "re statistics string struct textwrap time types typing unicodedata"
)
"""Modules that solutions import, so that each need not load them anew."""


class Job:
    """One job: its limits, its cells, and its deadline."""

    def __init__(self, header: dict[str, Any], user: int) -> None:
        self.limits = Limits(**header["limits"])
        self.user = user
        self.deadline = time.monotonic() + header["wall_sec"]
        self.next_look = time.monotonic() + LOOK_SEC
        self.trusted = frozenset({1, os.getpid(), os.getppid()})

    def cell(self, main: Callable[[], None], *files: int) -> Cell:
        """Start a cell with these open files, from 0 on."""
        return Cell(main, files, self.limits, self.user)

    def watch(self, cell: Cell, pipe: int) -> tuple[bytes, str | None]:
        """Wait for a cell's end; return what came through a pipe, and what cut it short."""
        output, poll = bytearray(), select.poll()
        poll.register(pipe, select.POLLIN)
        poll.register(cell.exited, select.POLLIN)
        while True:
            ready = {fd for fd, _ in poll.poll(LOOK_SEC * 1000)}
            if pipe in ready:
                piece = os.read(pipe, 1 << 16)
                output += piece
                if not piece:
                    poll.unregister(pipe)
            elif cell.exited in ready:
                return bytes(output), None
            if reason := self._excess(output):
                return bytes(output), reason

    def _excess(self, output: bytearray) -> str | None:
        if len(output) > self.limits.output_bytes:
            return "output"
        now = time.monotonic()
        if now < self.next_look:
            return None
        self.next_look = now + LOOK_SEC
        if now > self.deadline:
            return "deadline"
        return "memory" if resident_bytes(self.trusted) > self.limits.resident_bytes else None

    def ending(self, ended: Ended, cut: str | None) -> dict[str, Any]:
        """Return how a cell ended, as its reader wants to know it."""
        if cut is None and ended.status == -9 and ended.cpu_sec > self.limits.cpu_sec / 2:
            cut = "cpu"
        return asdict(ended) | {"cut": cut}


def test_functions(job: Job) -> None:
    """Answer with the tests' outcome and how the candidate ended."""
    program = read_frame(0).decode()
    ours, theirs = (end.detach() for end in socket.socketpair())
    null = os.open("/dev/null", os.O_RDWR)
    candidate = job.cell(partial(guest.serve, program, 3), null, null, null, theirs)
    os.close(theirs)
    task = read_json(0)
    report, reported = os.pipe()
    tests = job.cell(partial(tester.run, task, 3, 4), null, null, null, ours, reported)
    os.close(ours)
    os.close(reported)
    sent, cut = job.watch(tests, report)
    outcome = json.loads(sent[4:] or b"null")
    gone = outcome is not None and outcome["outcome"] == "gone"
    ended = candidate.end(GRACE_SEC if gone else 0.0)
    endings = {"candidate": job.ending(ended, cut), "tests": job.ending(tests.end(), cut)}
    write_json(1, {"report": outcome, **endings})


def run_program(job: Job) -> None:
    """Answer every input with the program's output and how it ended, until an input is empty."""
    program = read_frame(0).decode()
    null = os.open("/dev/null", os.O_RDWR)
    while given := read_frame(0):
        stdin = _file(given[1:])
        pipe, stdout = os.pipe()
        candidate = job.cell(partial(guest.run, program), stdin, stdout, null)
        os.close(stdin)
        os.close(stdout)
        output, cut = job.watch(candidate, pipe)
        os.close(pipe)
        write_json(1, job.ending(candidate.end(), cut))
        write_frame(1, output[: job.limits.output_bytes])


def _file(content: bytes) -> int:
    """Return an open file with that content and no name."""
    fd = os.memfd_create("stdin")
    with os.fdopen(os.dup(fd), "wb") as file:
        file.write(content)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


JOBS = {"functions": test_functions, "program": run_program}


def main() -> None:
    """Do jobs until whoever asks hangs up; `user` (an argument) is who cells run as."""
    for name in PRELOADED.split():
        __import__(name)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
        file.write("1000")  # where memory runs out after all, these go first
    gc.freeze()  # else the first collection of every cell would copy all of this
    user, poll = int(sys.argv[1]), select.poll()
    poll.register(0, select.POLLIN)
    write_json(1, "ready")
    while poll.poll()[0][1] & select.POLLIN:
        if os.fork() == 0:
            try:
                header = read_json(0)
                JOBS[header["kind"]](Job(header, user))
            finally:
                sys.stderr.flush()
                os._exit(sys.exc_info()[0] is not None)
        if os.waitstatus_to_exitcode(os.wait()[1]):
            sys.exit("the sandbox's own process failed")
