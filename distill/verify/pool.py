"""Verdicts in worker processes that can be killed, with a hard deadline each.

The parent keeps the clock: a worker that does not answer in time is killed and replaced, its check
is undecided, and what else it had been given goes to whoever is free. math-verify hangs in spite of
its own time-outs; nothing short of a kill ends that.
"""

import contextlib
import json
import multiprocessing
import selectors
import time
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Self

from distill.config.prompts import Verification
from distill.verify.base import Check, Verdict
from distill.verify.worker import work

BATCH_SIZE = 16
"""Checks handed over at a time: enough to make it cheap, few enough to share work fairly."""
START_TIMEOUT_SEC = 180.0
MAX_FAILED_STARTS = 3
_SPAWN = multiprocessing.get_context("spawn")  # a fork would copy locks that other threads hold


class _Worker:
    """A process, what it was given and has not answered, and by when it must speak."""

    def __init__(self, settings: Verification) -> None:
        self.connection, theirs = _SPAWN.Pipe()
        self.process = _SPAWN.Process(
            target=work, args=(theirs, settings), name="verifier", daemon=True
        )
        self.process.start()
        theirs.close()
        self.ready = False
        self.batch: deque[Check] = deque()
        self.timeout_sec = settings.timeout_sec
        self.deadline = time.monotonic() + START_TIMEOUT_SEC

    @property
    def idle(self) -> bool:
        return self.ready and not self.batch

    @property
    def overdue(self) -> bool:
        return not self.idle and time.monotonic() > self.deadline and not self.connection.poll()

    def give(self, batch: deque[Check]) -> None:
        """Hand over checks; only to an idle worker, so that the two never wait for each other."""
        self.batch, self.deadline = batch, time.monotonic() + self.timeout_sec
        with contextlib.suppress(OSError):  # it has died: the next receive() says so
            self.connection.send(list(batch))

    def receive(self) -> tuple[Check, Verdict] | None:
        """Return what it has answered, or None if that it is ready.

        Raises:
            EOFError: if it has died, or talks nonsense.
        """
        try:
            message = self.connection.recv_bytes()
            if not self.ready:
                self.ready = True
                return None
            verdict = Verdict(**json.loads(message))  # not pickled: it has run what models wrote
        except (OSError, ValueError, TypeError) as error:
            raise EOFError from error
        self.deadline = time.monotonic() + self.timeout_sec
        return self.batch.popleft(), verdict

    def kill(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


class VerifierPool:
    """Worker processes that check answers. Not for use from several threads at once."""

    def __init__(self, settings: Verification) -> None:
        self.settings = settings
        self._workers: list[_Worker] = []
        self._selector = selectors.DefaultSelector()
        self._waiting: deque[Check] = deque()
        self._failed_starts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End all workers."""
        for worker in self._workers:
            self._end(worker)
        self._workers.clear()
        self._waiting.clear()

    def verify(self, checks: Iterable[Check]) -> Iterator[tuple[Any, Verdict]]:
        """Yield the key and the verdict of every check, as they come.

        `checks` is read only as fast as workers take them.

        Raises:
            RuntimeError: if workers cannot be started.
        """
        source = iter(checks)
        try:
            while True:
                self._hand_out(source)
                if not any(worker.batch for worker in self._workers) and not self._waiting:
                    return
                yield from self._collect()
        finally:
            if any(worker.batch for worker in self._workers) or self._waiting:
                self.close()  # the reader stopped early: no stale verdicts for the next one

    def _hand_out(self, source: Iterator[Check]) -> None:
        """Fill idle workers, and start them for the first check that there is."""
        while idle := next((worker for worker in self._workers if worker.idle), None):
            batch = self._take(source)
            if not batch:
                return
            idle.give(batch)
        if not any(worker.batch for worker in self._workers):  # none is there, or ready, yet
            self._waiting.extend(self._take(source))
        if self._waiting and not self._workers:
            self._workers = [self._start() for _ in range(self.settings.num_workers)]

    def _start(self) -> _Worker:
        worker = _Worker(self.settings)
        self._selector.register(worker.connection, selectors.EVENT_READ, worker)
        return worker

    def _end(self, worker: _Worker) -> None:
        self._selector.unregister(worker.connection)
        worker.kill()

    def _take(self, source: Iterator[Check]) -> deque[Check]:
        own = min(len(self._waiting), BATCH_SIZE)
        batch = deque(self._waiting.popleft() for _ in range(own))
        batch.extend(islice(source, BATCH_SIZE - own))
        return batch

    def _collect(self) -> Iterator[tuple[Any, Verdict]]:
        """Wait until a worker speaks, dies or is late."""
        deadline = min(worker.deadline for worker in self._workers if not worker.idle)
        for event, _ in self._selector.select(max(deadline - time.monotonic(), 0.0)):
            worker: _Worker = event.data
            try:
                answer = worker.receive()
            except EOFError:
                yield from self._replace(worker, "crash")
            else:
                if answer:
                    check, verdict = answer
                    yield check.key, verdict
        for worker in [worker for worker in self._workers if worker.overdue]:
            yield from self._replace(worker, "timeout")

    def _replace(self, worker: _Worker, reason: str) -> Iterator[tuple[Any, Verdict]]:
        """Kill a worker; the check it was at is undecided, the rest goes back to be done first."""
        self._end(worker)
        self._failed_starts = 0 if worker.ready else self._failed_starts + 1
        if self._failed_starts >= MAX_FAILED_STARTS:
            raise RuntimeError(f"verifier workers do not start ({reason}); the reason stands above")
        self._workers[self._workers.index(worker)] = self._start()
        if worker.batch:
            culprit = worker.batch.popleft()
            self._waiting.extendleft(reversed(worker.batch))
            spent = self.settings.timeout_sec * 1000 if reason == "timeout" else 0.0
            yield culprit.key, Verdict(decision="undecided", reason=reason, milliseconds=spent)
