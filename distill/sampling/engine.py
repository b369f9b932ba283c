"""The sampling engine: asks for what is missing, and loses nothing that was answered.

A body goes to the outbox as it came, before it is parsed; a key that the outbox or the warehouse
has is never asked for again. Each request in flight is a task of one event loop, beside the group
commit and the watchdog; disks are waited for in threads.
"""

import asyncio
import logging
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from distill.config.prompts import Requests
from distill.errors import UserError
from distill.sampling.asking import Asker
from distill.sampling.client import client_session
from distill.sampling.commits import GroupCommit
from distill.sampling.feed import Existing, Feed
from distill.sampling.lanes import Lane, Lanes, Roster
from distill.sampling.outbox import Outbox, Record
from distill.sampling.queue import Queue, Ticket
from distill.sampling.report import SampleReport
from distill.sampling.requests import AttemptRequest, Job
from distill.sampling.watch import Watch

if TYPE_CHECKING:
    from distill.serving.endpoint import Endpoint

log = logging.getLogger(__name__)
SHOW_SEC = 1.0
STOP_AFTER = 10
"""So many requests that all failed alike, and none answered: the rest would fail as well."""


def sample(
    requests: Iterable[AttemptRequest | None],
    *,
    job: Job,
    endpoints: "Sequence[Endpoint] | Roster",
    outbox: Path,
    existing: Existing,
    settings: Requests,
    on_progress: Callable[[SampleReport], None] = lambda report: None,
) -> SampleReport:
    """Ask for every request that has no response yet, and store the responses in the outbox.

    Args:
        requests: consumed lazily, in a thread; None means that there is nothing for now.
        job: model, sampling and stream, the same for all of them.
        endpoints: servers that hold the model, or what tells which there are now: it is called
            again every few seconds, in a thread, since servers come and go.
        outbox: the run's outbox; made if it is not there.
        existing: which of these keys are in the warehouse? Called in a thread.
        settings: limits and deadlines.
        on_progress: called in a thread after commits, and about once a second.

    Raises:
        UserError: if the servers are gone or stall, if all requests fail alike, if the disk is
            full, or if another process samples into the outbox. Responses so far are kept.
        KeyboardInterrupt: on Ctrl-C, when what was in flight has been waited for and stored.
    """
    roster, listed = (endpoints, endpoints()) if callable(endpoints) else (None, endpoints)

    async def run() -> Engine:
        async with client_session(settings.timeout_sec) as session:
            lanes = Lanes(listed, settings)
            watch = Watch(
                session,
                lanes,
                roster=roster,
                stall_sec=settings.stall_sec,
                timeout_sec=settings.timeout_sec,
            )
            commits = GroupCommit(box, lambda batch: engine.committed(batch, on_progress))
            asker = Asker(
                job=job,
                session=session,
                watch=watch,
                commits=commits,
                max_tries=settings.max_tries,
            )
            feed = Feed(requests, existing, box)
            engine = Engine(feed, lanes, asker, commits, watch, settings.drain_sec)
            with _interrupts(engine):
                await engine.run()
            return engine

    with Outbox(outbox, job) as box, asyncio.Runner(loop_factory=loop_factory()) as runner:
        engine = runner.run(run())
    if engine.error:
        raise engine.error
    return engine.report


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes uvloop's event loops, where it is installed."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


@contextmanager
def _interrupts(engine: "Engine") -> Iterator[None]:
    """Make Ctrl-C stop the engine in good order; signals reach the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop, before = asyncio.get_running_loop(), signal.getsignal(signal.SIGINT)
    loop.add_signal_handler(signal.SIGINT, engine.interrupt)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, before)


class Engine:
    """One call to `sample`: starts the tasks, and ends them in good order."""

    def __init__(
        self,
        feed: Feed,
        lanes: Lanes,
        asker: Asker,
        commits: GroupCommit,
        watch: Watch,
        drain_sec: float,
    ) -> None:
        self.report = SampleReport()
        self.error: BaseException | None = None
        """What stopped the run before its end."""
        self._feed = feed
        self._queue = Queue(feed)
        self._lanes = lanes
        self._asker = asker
        self._commits = commits
        self._watch = watch
        self._drain_sec = drain_sec
        self._workers: set[asyncio.Task[None]] = set()
        self._stopped = asyncio.Event()
        self._hurried = asyncio.Event()
        self._begun = self._shown = time.monotonic()

    async def run(self) -> None:
        """Work until all is settled or something stops the run; then commit what is left."""
        await self._watch.meet()
        dispatching = self._start(self._dispatch(), self._drain_sec)
        watching = self._start(self._watch.run(lambda: self._queue.num_active), drain_sec=0)
        committing = self._start(self._commits.run(), self._drain_sec)
        await _first(dispatching, self._stopped)
        dispatching.cancel()
        everyone = asyncio.gather(*self._workers, return_exceptions=True)
        if self.error:
            await _first(everyone, self._hurried, self._drain_sec)
            for worker in self._workers:
                worker.cancel()
        await everyone
        watching.cancel()
        self._commits.end()
        await asyncio.gather(watching, committing, dispatching, return_exceptions=True)
        await self._commit_rest()
        self.error = self.error or self._hopeless()

    def interrupt(self) -> None:
        """Take nothing new and wait for what is in flight; when called again, do not wait."""
        if self.error:
            self._hurried.set()
            return
        log.warning(
            "interrupted: waiting up to %g s for %d requests; Ctrl-C again stops at once",
            self._drain_sec,
            self._lanes.in_flight,
        )
        self._stop(KeyboardInterrupt(), self._drain_sec)

    def committed(
        self, records: Sequence[Record], on_progress: Callable[[SampleReport], None]
    ) -> None:
        """Count what is on the disk now, and show it."""
        now = time.monotonic()
        self._feed.settled(records)
        self.report = replace(
            self.report.plus(records),
            num_requested=self._feed.num_requested,
            num_found=self._feed.num_found,
            seconds=now - self._begun,
        )
        if records or now - self._shown >= SHOW_SEC:
            self._shown = now
            on_progress(self.report)

    def _start(self, work: Coroutine[None, None, None], drain_sec: float) -> asyncio.Task[None]:
        async def guarded() -> None:
            try:
                await work
            except Exception as error:  # a stalled server answers nothing: no draining then
                self._stop(error, drain_sec)

        return asyncio.create_task(guarded())

    async def _dispatch(self) -> None:
        """Give tickets to lanes; a worker that is done takes the next by itself where it can."""
        while (ticket := await self._queue.next()) is not None:
            await self._commits.room()
            lane = await self._lanes.free()
            worker = self._start(self._work(ticket, lane), self._drain_sec)
            lane.tasks.add(worker)
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)
            if lane.is_limited:
                await asyncio.sleep(0)  # it sends first, which may leave room for none

    async def _work(self, ticket: Ticket, lane: Lane) -> None:
        """Settle tickets, one after another, as long as there are some and a lane is free."""
        me = asyncio.current_task()
        assert me
        while True:
            lane.tasks.add(me)
            try:
                delay_sec = await self._asker.settle(ticket, lane)
            finally:
                lane.tasks.discard(me)
            if delay_sec is None:
                self._queue.done()
            elif not self._stopped.is_set():
                self._queue.again(ticket, delay_sec)
            if self._asker.failures.total() >= STOP_AFTER and (error := self._hopeless()):
                raise error
            found = None if self._stopped.is_set() else self._lanes.find()
            following = self._queue.ready() if found and self._commits.has_room else None
            if found is None or following is None:
                self._lanes.bell.ring()
                return
            ticket, lane = following, found

    def _stop(self, error: BaseException, drain_sec: float) -> None:
        if self.error:
            return
        self.error, self._drain_sec = error, drain_sec
        self._queue.close()
        self._stopped.set()

    async def _commit_rest(self) -> None:
        try:
            await self._commits.close()
        except UserError as error:
            num = self._commits.num_pending
            self.error = UserError(
                f"{error} {num} responses could not be stored and will be asked for again; those "
                "before them are kept."
            )

    def _hopeless(self) -> UserError | None:
        """Return an error if nothing was ever answered and all that failed did so alike."""
        asker = self._asker
        causes = set(asker.failures) - {"context-length"}  # that is the request's own fault
        if asker.any_answered or self._feed.num_found or len(causes) != 1:
            return None
        (cause,) = causes
        return UserError(
            f"server {self._lanes.names}: the first {asker.failures.total()} requests all failed "
            f"with {cause} ({asker.last_message}). Correct the server or the request fields of the "
            "recipe and run the same command again."
        )


async def _first(
    everyone: Awaitable[object], event: asyncio.Event, timeout_sec: float | None = None
) -> None:
    """Wait for the first of them, at most so long; cancel neither."""
    happened = asyncio.ensure_future(event.wait())
    await asyncio.wait(
        {asyncio.ensure_future(everyone), happened},
        timeout=timeout_sec,
        return_when=asyncio.FIRST_COMPLETED,
    )
    happened.cancel()
