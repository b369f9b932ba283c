"""Which endpoint takes the next request: lanes come and go with the servers."""

import asyncio
import math
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from distill.config.prompts import Requests
from distill.sampling.bell import MAX_SEC, Bell
from distill.sampling.breaker import Breaker
from distill.sampling.pace import Pace
from distill.sampling.quota import Allowance, Quota

if TYPE_CHECKING:
    from distill.serving.endpoint import Endpoint

OTHER_FILES = 256
"""Open files that are left to others: database, logs, /metrics."""


@dataclass(kw_only=True, eq=False)
class Lane:
    """An endpoint and what it holds."""

    endpoint: "Endpoint"
    pace: Pace
    quota: Quota
    """Shared with the other endpoints of its account."""
    breaker: Breaker = field(default_factory=Breaker)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    """Each has a request with the server."""
    rest_until: float = 0.0
    """Nothing new is sent before this time (monotonic)."""
    is_down: bool = False
    """Its server is being started again."""
    is_gone: bool = False
    """It was taken off the list: what is in flight is waited for, nothing new is sent."""
    last_sign: float = field(default_factory=time.monotonic)
    """Of life: an answer, or new tokens."""
    tokens: float | None = None
    """On /metrics, at the last look; None where it has none."""
    num_restarts: int = 0
    """In a row, without an answer between."""

    @property
    def in_flight(self) -> int:
        """Requests with the server."""
        return len(self.tasks)

    @property
    def share(self) -> float:
        """How full it is."""
        return len(self.tasks) / self.pace.limit

    @property
    def is_limited(self) -> bool:
        """Whether something sent now may mean that nothing more is to be sent for a while."""
        return self.quota.is_limited or self.breaker.num_opened > 0

    def wait_sec(self, now: float) -> float:
        """Return in how many seconds it takes a request; infinity: when another is done."""
        full = len(self.tasks) >= self.pace.limit
        if full or self.is_down or self.is_gone or not self.breaker.admits(now):
            retry = self.breaker.open_until - now
            return retry if retry > 0 and not full else math.inf
        return self.limits_sec(now)

    def limits_sec(self, now: float) -> float:
        """Return for how many seconds limits keep a server that is well from getting a request."""
        if self.is_down or self.is_gone or not self.breaker.admits(now):
            return 0.0
        return max(self.rest_until - now, self.quota.wait_sec(now), 0.0)

    def rest(self, seconds: float) -> None:
        """Send nothing new for so long: the server said so."""
        self.rest_until = max(self.rest_until, time.monotonic() + seconds)

    def sign(self) -> None:
        """Note a sign of life."""
        self.last_sign = time.monotonic()


Roster = Callable[[], Sequence["Endpoint"]]
"""Which servers there are now; may block, and is called in a thread."""


class Lanes:
    """The endpoints of a run; a request goes to the one that is least full for what it takes."""

    def __init__(self, endpoints: Sequence["Endpoint"], settings: Requests) -> None:
        self.all: list[Lane] = []
        self.bell = Bell()
        """Rings when a lane may have become free."""
        self._settings = settings
        self._quotas: dict[object, Quota] = {}
        """By account."""
        self._max_files = _allow_open_files() - OTHER_FILES
        self.update(endpoints)

    @property
    def in_flight(self) -> int:
        """Requests in flight."""
        return sum(lane.in_flight for lane in self.all)

    @property
    def are_resting(self) -> bool:
        """Whether nothing is sent only because limits say so."""
        now = time.monotonic()
        return not self.in_flight and any(lane.limits_sec(now) > 0 for lane in self.all)

    @property
    def names(self) -> str:
        """The endpoints, for messages."""
        return ", ".join(lane.endpoint.label for lane in self.all) or "(none listed)"

    def update(self, endpoints: Sequence["Endpoint"]) -> None:
        """Take in who is new; who is no longer listed gets nothing more."""
        known = {lane.endpoint.base_url: lane for lane in self.all}
        listed = {endpoint.base_url: endpoint for endpoint in endpoints}
        for url, endpoint in listed.items():
            if url not in known:
                self.all.append(self._lane(endpoint))
        for url, lane in known.items():
            lane.is_gone = url not in listed or not lane.endpoint.is_alive()
        self.all = [lane for lane in self.all if not lane.is_gone or lane.tasks]
        self.bell.ring()

    def find(self) -> Lane | None:
        """Return the lane for the next request, or None if none takes one now."""
        if len(self.all) == 1:
            lane = self.all[0]
            return lane if self._has_files() and not lane.wait_sec(time.monotonic()) else None
        now = time.monotonic()
        free = [lane for lane in self.all if not lane.wait_sec(now)] if self._has_files() else ()
        return min(free, key=lambda lane: lane.share, default=None)

    async def free(self) -> Lane:
        """Wait for a lane that takes one more request."""
        while (lane := self.find()) is None:
            now = time.monotonic()
            await self.bell.wait(min((lane.wait_sec(now) for lane in self.all), default=MAX_SEC))
        return lane

    def _has_files(self) -> bool:
        return self.in_flight < self._max_files

    def _lane(self, endpoint: "Endpoint") -> Lane:
        cap = self._settings.max_in_flight or self._max_files
        return Lane(endpoint=endpoint, pace=Pace(cap=cap), quota=self._quota(endpoint))

    def _quota(self, endpoint: "Endpoint") -> Quota:
        settings, key = self._settings, endpoint.headers.get("Authorization")
        account: object = endpoint.base_url
        if settings.one_account:
            account = None
        elif key:
            account = urlsplit(endpoint.base_url).netloc, key
        return self._quotas.setdefault(
            account,
            Quota(
                requests=Allowance(per_minute=settings.requests_per_minute),
                tokens=Allowance(per_minute=settings.tokens_per_minute),
            ),
        )


def _allow_open_files() -> int:
    """Raise the limit of open files as far as the system allows; each request takes a socket."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else 2**20
