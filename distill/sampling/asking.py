"""Settling one request: asked until answered or given up, each body stored before it is read."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp

from distill.sampling.client import Reply, ask
from distill.sampling.commits import GroupCommit
from distill.sampling.lanes import Lane, Lanes
from distill.sampling.outbox import Failure, Response
from distill.sampling.parse import ParseError, parse_response
from distill.sampling.requests import AttemptRequest, Job
from distill.sampling.watch import Watch

BACKOFF_SEC = 0.5
MAX_BACKOFF_SEC = 60.0


class Asker:
    """Asks the requests of one job."""

    def __init__(
        self,
        *,
        job: Job,
        session: aiohttp.ClientSession,
        lanes: Lanes,
        watch: Watch,
        commits: GroupCommit,
        max_tries: int,
    ) -> None:
        self.in_flight: set[asyncio.Task[Any] | None] = set()
        """Tasks whose request is with a server: what Ctrl-C waits for."""
        self.stopping = False
        """Nothing is asked once more."""
        self.any_answered = False
        self.failures: Counter[str] = Counter()
        """By cause."""
        self.last_message = ""
        self._job = job
        self._session = session
        self._lanes = lanes
        self._watch = watch
        self._commits = commits
        self._max_tries = max_tries

    async def settle(self, request: AttemptRequest) -> None:
        """Ask until there is a response or a failure to store, or the run is stopping."""
        self._watch.num_active += 1
        try:
            await self._settle(request)
        finally:
            self._watch.num_active -= 1

    async def _settle(self, request: AttemptRequest) -> None:
        num_tries = 0
        while True:
            reply = await self._try(request, num_tries + 1)
            num_tries += reply.fate != "unsent"
            if reply.fate == "response":
                return
            if reply.fate == "failed" or num_tries >= self._max_tries:
                self._give_up(request, reply, num_tries)
                return
            if self.stopping:
                return
            await asyncio.sleep(max(backoff_sec(num_tries), reply.retry_after_sec))

    async def _try(self, request: AttemptRequest, num_tries: int) -> Reply:
        async with self._lanes.slot() as lane:
            body = self._job.body(request.messages, lane.endpoint.served_name)
            started, begun = time.time(), time.monotonic()
            with self._waiting():
                reply = await ask(self._session, lane.endpoint, body)
            if reply.fate == "response":
                response = Response(
                    request=request,
                    server=lane.endpoint.label,
                    num_tries=num_tries,
                    started=started,
                    latency_sec=time.monotonic() - begun,
                    body=reply.body,
                )
                self._commits.put(response)
                reply = self._look_at(response, reply)
            self._note(lane, reply)
            return reply

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        task = asyncio.current_task()
        self.in_flight.add(task)
        try:
            yield
        finally:
            self.in_flight.discard(task)

    def _look_at(self, response: Response, reply: Reply) -> Reply:
        """Parse a stored body; mark it, before its commit, where it is no response."""
        try:
            if reply.broken:
                raise ParseError(reply.broken)
            parsed = parse_response(response.body, think_open=self._job.think_open)
        except ParseError as error:
            response.rejected = str(error)
            return Reply(fate="again", cause="no-response", message=str(error))
        response.outcome = parsed.outcome
        response.completion_tokens = parsed.completion_tokens or 0
        return reply

    def _note(self, lane: Lane, reply: Reply) -> None:
        if reply.fate == "unsent":
            lane.unreachable()
        else:
            lane.reached()
        if reply.retry_after_sec:
            lane.rest(reply.retry_after_sec)
        if reply.fate in ("response", "failed"):
            self._watch.alive()
        else:
            self._watch.trouble(reply)
        self.any_answered |= reply.fate == "response"

    def _give_up(self, request: AttemptRequest, reply: Reply, num_tries: int) -> None:
        self._commits.put(
            Failure(
                request=request,
                cause=reply.cause,
                message=reply.message,
                num_tries=num_tries,
                at=time.time(),
            )
        )
        self.failures[reply.cause] += 1
        self.last_message = reply.message


def backoff_sec(num_tries: int) -> float:
    """Return how long to wait after so many tries: doubling, with jitter."""
    doublings = min(max(num_tries - 1, 0), 10)
    return min(MAX_BACKOFF_SEC, BACKOFF_SEC * float(2**doublings)) * random.uniform(0.5, 1.0)
