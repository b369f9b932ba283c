"""One try of a request: each body is stored before it is read, and each reply noted on its lane."""

import asyncio
import random
import time
from collections import Counter
from typing import Any

import aiohttp

from distill.sampling.client import Reply, ask
from distill.sampling.commits import GroupCommit
from distill.sampling.lanes import Lane
from distill.sampling.outbox import Failure, Response, Try
from distill.sampling.parse import ParseError, glance
from distill.sampling.queue import Ticket
from distill.sampling.requests import Job
from distill.sampling.watch import Watch

BACKOFF_SEC = 0.5
MAX_BACKOFF_SEC = 60.0
STALLED = Reply(fate="again", cause="stalled", message="its server stopped making tokens")


class Asker:
    """Asks the requests of one job."""

    def __init__(
        self,
        *,
        job: Job,
        session: aiohttp.ClientSession,
        watch: Watch,
        commits: GroupCommit,
        max_tries: int,
    ) -> None:
        self.any_answered = False
        self.failures: Counter[str] = Counter()
        """By cause."""
        self.last_message = ""
        self._job = job
        self._session = session
        self._watch = watch
        self._commits = commits
        self._max_tries = max_tries

    async def settle(self, ticket: Ticket, lane: Lane) -> float | None:
        """Ask once; return None if that settled it, else in how many seconds to ask again."""
        reply = await self._try(ticket, lane)
        ticket.num_tries += reply.fate != "unsent"
        if reply.fate == "response":
            return None
        if reply.fate == "failed" or ticket.num_tries >= self._max_tries:
            self._give_up(ticket, reply)
            return None
        return max(backoff_sec(ticket.num_tries), reply.retry_after_sec)

    async def _try(self, ticket: Ticket, lane: Lane) -> Reply:
        body = self._job.body(ticket.request.messages, lane.endpoint.served_name)
        guessed = lane.quota.sent(self._job.sampling.max_tokens)
        lane.breaker.sent()
        begun = time.monotonic()
        sent: dict[str, Any] = {"request": ticket.request, "server": lane.endpoint.label}
        sent["started"] = time.time()
        slot = self._commits.asked(**sent)
        try:
            reply = await ask(self._session, lane.endpoint, body)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task not in self._watch.stalled:
                raise
            self._watch.stalled.discard(task)
            task.uncancel()
            lane.quota.cost(guessed, 0)
            self._commits.came(slot)
            self._commits.put(
                Try(cause=STALLED.cause, latency_sec=time.monotonic() - begun, **sent)
            )
            self._watch.trouble(STALLED)
            return STALLED
        sent["latency_sec"] = time.monotonic() - begun
        tokens = 0
        if reply.fate == "unsent":
            self._commits.unsent(slot)
        else:
            self._commits.came(slot)
        if reply.fate == "again":
            self._commits.put(Try(cause=reply.cause, **sent))
        elif reply.fate == "response":
            response = Response(num_tries=ticket.num_tries + 1, body=reply.body, **sent)
            self._commits.put(response)
            reply = self._look_at(response, reply)
            tokens = response.prompt_tokens + response.completion_tokens
        lane.quota.cost(guessed, tokens)
        self._note(lane, reply)
        return reply

    def _look_at(self, response: Response, reply: Reply) -> Reply:
        """Look into a stored body; mark it, before its commit, where it is no response."""
        try:
            if reply.broken:
                raise ParseError(reply.broken)
            seen = glance(response.body, think_open=self._job.think_open)
        except ParseError as error:
            response.rejected = str(error)
            return Reply(
                fate="again", cause="no-response", message=str(error), headers=reply.headers
            )
        response.outcome = seen.outcome
        response.prompt_tokens = seen.prompt_tokens
        response.completion_tokens = seen.completion_tokens
        return reply

    def _note(self, lane: Lane, reply: Reply) -> None:
        now = time.monotonic()
        if reply.headers:
            lane.quota.learn(reply.headers, now)
        if reply.fate in ("response", "failed"):  # the server is fine
            lane.breaker.succeeded()
            lane.pace.answered(lane.in_flight, now)
            lane.num_restarts = 0
            lane.last_sign = now
            self._watch.alive()
            self.any_answered |= reply.fate == "response"
            return
        self._watch.trouble(reply)
        if reply.cause == "http-429":
            lane.breaker.succeeded()
            lane.pace.pushed_back(lane.in_flight, now)
            lane.quota.rest(now + (reply.retry_after_sec or BACKOFF_SEC))
        elif reply.fate == "unsent":
            lane.breaker.unreachable(now)
        else:
            lane.breaker.failed(now)
            lane.rest(reply.retry_after_sec)

    def _give_up(self, ticket: Ticket, reply: Reply) -> None:
        self._commits.put(
            Failure(
                request=ticket.request,
                cause=reply.cause,
                message=reply.message,
                num_tries=ticket.num_tries,
                at=time.time(),
            )
        )
        self.failures[reply.cause] += 1
        self.last_message = reply.message


def backoff_sec(num_tries: int) -> float:
    """Return how long to wait after so many tries: doubling, with jitter."""
    doublings = min(max(num_tries - 1, 0), 10)
    return min(MAX_BACKOFF_SEC, BACKOFF_SEC * float(2**doublings)) * random.uniform(0.5, 1.0)
