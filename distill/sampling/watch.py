"""The watchdog: looks at the servers, steers how much each gets, and notices when nothing comes.

It looks at /metrics and does not stream: a stream costs client and server several times the work
of one body (tests/bench/engine_streaming.py), and the server's count of tokens moves as soon. Where
a server has no /metrics, only answers are signs of life, so silence counts from the deadline of a
request on.
"""

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from distill.errors import UserError
from distill.sampling.client import Reply
from distill.sampling.lanes import Lane, Lanes, Roster
from distill.sampling.metrics import look

log = logging.getLogger(__name__)
LOOK_SEC = 2.0
PRESSED_LOOK_SEC = 0.25
ROSTER_SEC = 5.0
MAX_RESTARTS = 3
GO_ON = (
    "What was answered is kept: see to the server and run the same command again, it goes on from "
    "there."
)


class Watch:
    """Raises when a run cannot go on, and does what can be done before.

    A lane whose server died, or that shows no sign of life for `stall_sec`, loses its requests to
    the others; a server that the run owns is started again. It raises when no lane is left, or when
    there was work and no sign of life anywhere.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        lanes: Lanes,
        *,
        roster: Roster | None,
        stall_sec: float,
        timeout_sec: float,
    ) -> None:
        self.stalled: set[asyncio.Task[Any] | None] = set()
        """Tasks that were cancelled to be asked again."""
        self._session = session
        self._lanes = lanes
        self._roster = roster
        self._stall_sec = stall_sec
        self._timeout_sec = timeout_sec
        self._restarts: set[asyncio.Future[None]] = set()
        self._seen: Counter[str] = Counter()
        self._message = ""
        self.alive()

    def alive(self) -> None:
        """Note a sign of life."""
        self._last_sign = time.monotonic()
        self._has_moved = False
        if self._seen:
            self._seen.clear()

    def trouble(self, reply: Reply) -> None:
        """Note a try that came to nothing; a server that says when to come back lives till then."""
        self._seen[reply.cause] += 1
        self._message = reply.message
        if reply.retry_after_sec:
            self._last_sign = max(self._last_sign, time.monotonic() + reply.retry_after_sec)

    async def run(self, num_active: Callable[[], int]) -> None:
        """Look now and then.

        Raises:
            UserError: if the run cannot go on.
        """
        refreshed = time.monotonic()
        while True:
            await asyncio.sleep(self._look_sec())
            if not num_active() or self._lanes.are_resting:
                self.alive()
            await asyncio.gather(*map(self._look, self._lanes.all))
            for lane in self._lanes.all:
                await self._tend(lane)
            if self._roster and time.monotonic() - refreshed >= ROSTER_SEC:
                await self._refresh(self._roster)
                refreshed = time.monotonic()
            self._judge()

    def _look_sec(self) -> float:
        pressed = any(lane.pace.presses(lane.in_flight) for lane in self._lanes.all)
        return min(PRESSED_LOOK_SEC if pressed else LOOK_SEC, self._stall_sec / 6)

    async def meet(self) -> None:
        """Look at all servers once, before anything is sent, to know how to steer them."""
        loads = await asyncio.gather(
            *(look(self._session, lane.endpoint) for lane in self._lanes.all)
        )
        for lane, load in zip(self._lanes.all, loads, strict=True):
            if load:
                lane.pace.looked(load, 0)
                lane.tokens = load.tokens

    async def _look(self, lane: Lane) -> None:
        """See how full a server is, and whether it made tokens since the last look."""
        if not lane.in_flight:
            lane.sign()
            return
        load = await look(self._session, lane.endpoint)
        if load is None:
            return
        lane.pace.looked(load, lane.in_flight)
        self._lanes.bell.ring()
        if load.tokens is not None:
            if lane.tokens is not None and load.tokens > lane.tokens:
                lane.sign()
                self.alive()
            lane.tokens = load.tokens

    async def _tend(self, lane: Lane) -> None:
        if lane.is_down or lane.is_gone:
            return
        silence = time.monotonic() - lane.last_sign
        is_dead = not lane.endpoint.is_alive()
        if not is_dead and silence < self._limit_sec(lane):
            return
        what = "has ended" if is_dead else f"made no token for {silence:.0f} s"
        if lane.endpoint.restart and lane.num_restarts < MAX_RESTARTS:
            self._start_again(lane, what)
        elif is_dead:
            lane.is_gone = True
            self._take_back(lane, what)
        elif len(self._lanes.all) > 1:
            lane.breaker.unreachable(time.monotonic())
            self._take_back(lane, what)
            if not self._has_moved:  # once: the others get as long to answer
                self.alive()
                self._has_moved = True

    def _limit_sec(self, lane: Lane) -> float:
        """Return how long a lane may be silent."""
        return self._stall_sec if lane.tokens is not None else self._patience_sec

    @property
    def _patience_sec(self) -> float:
        return max(self._stall_sec, self._timeout_sec)

    def _take_back(self, lane: Lane, what: str) -> None:
        log.warning(
            "server %s %s: its %d requests go elsewhere", lane.endpoint.label, what, lane.in_flight
        )
        for task in lane.tasks:
            self.stalled.add(task)
            task.cancel()
        lane.sign()

    def _start_again(self, lane: Lane, what: str) -> None:
        lane.is_down, lane.num_restarts = True, lane.num_restarts + 1
        self._take_back(lane, f"{what} and is started again")
        restarting = asyncio.ensure_future(self._restart(lane))
        self._restarts.add(restarting)

    async def _restart(self, lane: Lane) -> None:
        assert lane.endpoint.restart
        await in_daemon_thread(lane.endpoint.restart)
        lane.is_down, lane.tokens = False, None
        lane.breaker.succeeded()
        lane.sign()
        self.alive()
        self._lanes.bell.ring()

    async def _refresh(self, roster: Roster) -> None:
        try:
            self._lanes.update(await asyncio.to_thread(roster))
        except UserError as error:
            log.warning("the list of servers stays as it was: %s", error)

    def _judge(self) -> None:
        """Raise if there is no way on."""
        for restart in [r for r in self._restarts if r.done()]:
            self._restarts.discard(restart)
            restart.result()  # a server that does not come up again says why
        if self._restarts:
            self.alive()
        usable = [lane for lane in self._lanes.all if not lane.is_gone]
        silence = time.monotonic() - self._last_sign
        if not usable and silence >= (2 * ROSTER_SEC if self._roster else 0):  # others may come
            raise UserError(f"server {self._lanes.names}: it has ended. {GO_ON}")
        waiting = [lane for lane in usable if lane.in_flight]
        limit = max(map(self._limit_sec, waiting), default=self._stall_sec)
        if silence >= limit:
            raise UserError(self._explain(silence))

    def _explain(self, silence: float) -> str:
        seen = ", ".join(f"{n} x {cause}" for cause, n in self._seen.most_common())
        last = f" ({seen}; last: {self._message})" if seen else ""
        if not self._lanes.in_flight and set(self._seen) <= {"unreachable"}:
            what, hint = f"not to be reached for {silence:.0f} s{last}", ""
        else:
            told = any(lane.tokens is not None for lane in self._lanes.all)
            tokens = "no new tokens on /metrics" if told else "no /metrics to look at"
            what = (
                f"{self._lanes.in_flight} requests in flight, no response for {silence:.0f} s{last}"
                f", {tokens}"
            )
            hint = f" If it is only slow, raise requests.stall_sec (now {self._stall_sec:g})."
        return f"server {self._lanes.names}: {what}. {GO_ON}{hint}"


def in_daemon_thread(work: Callable[[], None]) -> Awaitable[None]:
    """Run `work` in a thread that does not hold up the end of the process."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()

    def tell(error: BaseException | None) -> None:
        if not future.done():
            future.set_exception(error) if error else future.set_result(None)

    def run() -> None:
        error: BaseException | None = None
        try:
            work()
        except BaseException as raised:
            error = raised
        loop.call_soon_threadsafe(tell, error)

    threading.Thread(target=run, name="restart", daemon=True).start()
    return future
