"""The watchdog: notices that requests wait and nothing comes, and says what it saw."""

import asyncio
import re
import time
from collections import Counter

import aiohttp

from distill.errors import UserError
from distill.sampling.client import Reply
from distill.sampling.lanes import Lane, Lanes

TOKENS = re.compile(
    rb"^vllm:(?:generation|prompt)_tokens_total(?:\{[^}]*\})? ([0-9.e+]+)", re.MULTILINE
)
LOOK_SEC = 2.0
METRICS_SEC = 5.0
GO_ON = (
    "What was answered is kept: see to the server and run the same command again, it goes on from "
    "there."
)


class Watch:
    """Raises when there was work and no sign of life for `stall_sec`.

    Signs of life are a response, a refusal for good, and new tokens on a server's /metrics.
    """

    def __init__(self, session: aiohttp.ClientSession, lanes: Lanes, stall_sec: float) -> None:
        self.num_active = 0
        """Requests that are neither answered nor given up: without any, silence is no stall."""
        self._session = session
        self._lanes = lanes
        self._stall_sec = stall_sec
        self._tokens: dict[Lane, float] = {}
        self._seen: Counter[str] = Counter()
        self._message = ""
        self.alive()

    @property
    def names(self) -> str:
        """The endpoints, for messages."""
        return ", ".join(lane.endpoint.label for lane in self._lanes.all)

    def alive(self) -> None:
        """Note a sign of life."""
        self._last_sign = time.monotonic()
        self._tokens.clear()
        self._seen.clear()

    def trouble(self, reply: Reply) -> None:
        """Note a try that came to nothing; a server that says when to come back lives till then."""
        self._seen[reply.cause] += 1
        self._message = reply.message
        if reply.retry_after_sec:
            self._last_sign = max(self._last_sign, time.monotonic() + reply.retry_after_sec)

    async def run(self) -> None:
        """Look at the silence now and then.

        Raises:
            UserError: if it is a stall.
        """
        look_sec = min(LOOK_SEC, self._stall_sec / 6)
        while True:
            await asyncio.sleep(look_sec)
            silence = time.monotonic() - self._last_sign
            if not self.num_active:
                self.alive()
            elif not any(lane.endpoint.is_alive() for lane in self._lanes.all):
                raise UserError(f"server {self.names}: it has ended. {GO_ON}")
            elif silence >= self._stall_sec:
                raise UserError(self._explain(silence))
            elif silence >= look_sec and await self._tokens_grew():
                self.alive()

    async def _tokens_grew(self) -> bool:
        counts = await asyncio.gather(*map(self._count_tokens, self._lanes.all))
        now = {
            lane: count
            for lane, count in zip(self._lanes.all, counts, strict=True)
            if count is not None
        }
        grew = any(count > self._tokens.get(lane, count) for lane, count in now.items())
        self._tokens = now
        return grew

    async def _count_tokens(self, lane: Lane) -> float | None:
        url = f"{lane.endpoint.base_url.removesuffix('/v1')}/metrics"
        limit = aiohttp.ClientTimeout(total=METRICS_SEC)
        try:
            async with self._session.get(url, timeout=limit) as response:
                text = await response.read()
        except (aiohttp.ClientError, OSError):
            return None
        counts = TOKENS.findall(text)
        return sum(map(float, counts)) if counts else None

    def _explain(self, silence: float) -> str:
        seen = ", ".join(f"{n} x {cause}" for cause, n in self._seen.most_common())
        last = f" ({seen}; last: {self._message})" if seen else ""
        if not self._lanes.in_flight and set(self._seen) <= {"unreachable"}:
            what, hint = f"not to be reached for {silence:.0f} s{last}", ""
        else:
            tokens = "no new tokens on /metrics" if self._tokens else "no /metrics to look at"
            what = (
                f"{self._lanes.in_flight} requests in flight, no response for {silence:.0f} s{last}"
                f", {tokens}"
            )
            hint = f" If it is only slow, raise requests.stall_sec (now {self._stall_sec:g})."
        return f"server {self.names}: {what}. {GO_ON}{hint}"
