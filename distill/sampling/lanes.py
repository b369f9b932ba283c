"""Which endpoint takes the next request, and how many it holds at a time."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distill.serving.endpoint import Endpoint

REST_SEC = 0.25
MAX_REST_SEC = 5.0
"""A server that comes back is noticed within this."""


@dataclass(kw_only=True, eq=False)
class Lane:
    """An endpoint and what it holds."""

    endpoint: "Endpoint"
    limit: int
    """Most requests in flight: here adaptive control would steer."""
    in_flight: int = 0
    refused: int = 0
    """Connections refused in a row."""
    rest_until: float = 0.0
    """Nothing new is sent before this time (monotonic)."""

    def rest(self, seconds: float) -> None:
        """Send nothing new for so long: the server said so."""
        self.rest_until = max(self.rest_until, time.monotonic() + seconds)

    def reached(self) -> None:
        """Note that the server answered."""
        self.refused = 0

    def unreachable(self) -> None:
        """Note a refused connection and rest, longer each time (once for all that met it)."""
        if time.monotonic() >= self.rest_until:
            self.rest(min(MAX_REST_SEC, REST_SEC * 2**self.refused))
            self.refused += 1


class Lanes:
    """The endpoints of a run; a request goes where the fewest are in flight."""

    def __init__(self, endpoints: Sequence["Endpoint"], limit: int) -> None:
        self.all = [Lane(endpoint=endpoint, limit=limit) for endpoint in endpoints]

    @property
    def capacity(self) -> int:
        """Requests in flight at the most."""
        return sum(lane.limit for lane in self.all)

    @property
    def in_flight(self) -> int:
        """Requests in flight."""
        return sum(lane.in_flight for lane in self.all)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[Lane]:
        """Wait for an endpoint that takes one more request, and hold the place."""
        while (lane := self._free()) is None:
            await asyncio.sleep(REST_SEC)
        lane.in_flight += 1
        try:
            yield lane
        finally:
            lane.in_flight -= 1

    def _free(self) -> Lane | None:
        now = time.monotonic()
        free = [x for x in self.all if x.in_flight < x.limit and x.rest_until <= now]
        return min(free, key=lambda lane: lane.in_flight, default=None)
