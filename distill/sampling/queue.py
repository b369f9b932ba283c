"""What is to be asked next: what comes back for another try, else what the feed brings."""

import asyncio
import heapq
import time
from dataclasses import dataclass
from itertools import count

from distill.sampling.bell import MAX_SEC, Bell
from distill.sampling.feed import Feed
from distill.sampling.requests import AttemptRequest


@dataclass(kw_only=True, slots=True, eq=False)
class Ticket:
    """A request on its way to an answer."""

    request: AttemptRequest
    num_tries: int = 0


class Queue:
    """Hands out tickets until each that it handed out is `done` and the feed is dry."""

    def __init__(self, feed: Feed) -> None:
        self.num_active = 0
        """Tickets handed out or waiting for another try."""
        self._feed = feed
        self._later: list[tuple[float, int, Ticket]] = []
        self._number = count()
        self._bell = Bell()
        self._refilling: asyncio.Task[None] | None = None

    def ready(self) -> Ticket | None:
        """Return a ticket if one can be had without waiting.

        Raises:
            Exception: whatever the source of the requests raised.
        """
        if self._refilling and self._refilling.done():
            refilled, self._refilling = self._refilling, None
            refilled.result()
        if self._feed.is_low and self._refilling is None:
            self._refilling = asyncio.create_task(self._feed.refill())
            self._refilling.add_done_callback(lambda _: self._bell.ring())
        if self._later and self._later[0][0] <= time.monotonic():
            return heapq.heappop(self._later)[2]
        request = self._feed.ready()
        if request is None:
            return None
        self.num_active += 1
        return Ticket(request=request)

    async def next(self) -> Ticket | None:
        """Return a ticket, or None when all is settled."""
        while (ticket := self.ready()) is None:
            if self._feed.is_dry and not self.num_active:
                return None
            due = self._later[0][0] - time.monotonic() if self._later else MAX_SEC
            await self._bell.wait(due)
        return ticket

    def again(self, ticket: Ticket, delay_sec: float) -> None:
        """Take back a ticket for another try."""
        entry = (time.monotonic() + delay_sec, next(self._number), ticket)
        heapq.heappush(self._later, entry)
        self._bell.ring()

    def done(self) -> None:
        """Note that a ticket is settled."""
        self.num_active -= 1
        if not self.num_active:
            self._bell.ring()

    def close(self) -> None:
        """Hand out nothing more."""
        self._feed.close()
        self._later.clear()
        if self._refilling:
            self._refilling.cancel()
