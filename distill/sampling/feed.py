"""Requests, taken lazily from whoever makes them, without those that were answered before."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from uuid import UUID

from distill.sampling.outbox import Failure, Outbox, Record, Response
from distill.sampling.requests import AttemptRequest

CHUNK = 512
LOW = 256
PAUSE_SEC = 0.05
Existing = Callable[[Sequence[UUID]], set[UUID]]
"""Which of these keys have a response already?"""


class Feed:
    """Hands out each key once: not if it is in the warehouse, in the outbox, or with a worker.

    A source that yields None has nothing for now, and is asked again a little later.
    """

    def __init__(
        self, requests: Iterable[AttemptRequest | None], existing: Existing, outbox: Outbox
    ) -> None:
        self.is_dry = False
        """There is nothing left but what is ready."""
        self.num_requested = 0
        self.num_found = 0
        self._requests = iter(requests)
        self._existing = existing
        self._outbox = outbox
        self._claimed: set[UUID] = set()
        self._ready: deque[AttemptRequest] = deque()

    @property
    def is_low(self) -> bool:
        """Whether it is time to `refill`, well before the last request is taken."""
        return len(self._ready) < LOW and not self.is_dry

    async def refill(self) -> None:
        """Take a chunk from the source, in a thread; one call at a time."""
        if await asyncio.to_thread(self._refill):
            await asyncio.sleep(PAUSE_SEC)

    def ready(self) -> AttemptRequest | None:
        """Return the next request if one can be had without waiting."""
        return self._ready.popleft() if self._ready else None

    def close(self) -> None:
        """Hand out nothing more."""
        self.is_dry = True
        self._ready.clear()

    def settled(self, records: Iterable[Record]) -> None:
        """Forget the keys of records on the disk, where `_refill` finds them."""
        self._claimed.difference_update(
            record.request.attempt_id
            for record in records
            if isinstance(record, Failure) or (isinstance(record, Response) and not record.rejected)
        )

    def _refill(self) -> bool:
        """Return whether the source has nothing for now."""
        chunk: dict[UUID, AttemptRequest] = {}
        has_paused = False
        for request in islice(self._requests, CHUNK):
            if request is None:
                has_paused = True
                break
            chunk[request.attempt_id] = request
        if not chunk:
            self.is_dry = not has_paused
            return has_paused
        # claimed first, looked up second: a key that was settled in between is on the disk by then
        fresh = [key for key in chunk if key not in self._claimed]
        self._claimed.update(fresh)
        found = self._existing(fresh) | self._outbox.existing(fresh)
        self._claimed -= found
        self.num_requested += len(chunk)
        self.num_found += len(found)
        if not self.is_dry:  # closed meanwhile
            self._ready.extend(chunk[key] for key in fresh if key not in found)
        return has_paused
