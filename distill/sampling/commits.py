"""Group commit: records gather on the event loop and are committed in a thread, together."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from distill.sampling.outbox import Outbox, Record, Response
from distill.sampling.requests import AttemptRequest

INTERVAL_SEC = 0.05
"""Between commits; with the commit itself this stays under the promised 100 ms."""
MAX_BACKLOG_BYTES = 64 * 2**20


class GroupCommit:
    """Commits what `put` was given, at most 100 ms apart, without ever holding up the event loop.

    Args:
        outbox: where records go.
        on_commit: called after each turn, in the thread, with what is on the disk since the last.
    """

    def __init__(self, outbox: Outbox, on_commit: Callable[[Sequence[Record]], None]) -> None:
        self._outbox = outbox
        self._on_commit = on_commit
        self._pending: list[Record] = []
        self._came: list[int] = []
        self._backlog_bytes = 0
        self._closing = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "outbox")

    @property
    def num_pending(self) -> int:
        """Records that are not on the disk yet."""
        return len(self._pending)

    def put(self, record: Record) -> None:
        """Take a record; it is on the disk with the next commit."""
        self._pending.append(record)
        self._backlog_bytes += _size(record)

    def asked(self, request: AttemptRequest, server: str, started: float) -> int:
        """Write down a request that goes out now; return what `came` or `unsent` is to be told."""
        return self._outbox.asked(request, server, started)

    def came(self, slot: int) -> None:
        """Note that the record of what came of a request was `put`, or is about to be."""
        self._came.append(slot)

    def unsent(self, slot: int) -> None:
        """Note that a request did not go out after all."""
        self._outbox.came([slot])

    @property
    def has_room(self) -> bool:
        """Whether the disk keeps up, so that memory stays bounded."""
        return self._backlog_bytes <= MAX_BACKLOG_BYTES

    async def room(self) -> None:
        """Wait while the disk is behind."""
        while not self.has_room:
            await asyncio.sleep(INTERVAL_SEC)

    async def run(self) -> None:
        """Commit until `close`.

        Raises:
            UserError: if the disk is full, nearly full, or broken.
        """
        loop = asyncio.get_running_loop()
        while not self._closing.is_set():
            if await self._flush():
                await loop.run_in_executor(self._thread, self._outbox.check_room)
            try:
                await asyncio.wait_for(self._closing.wait(), INTERVAL_SEC)
            except TimeoutError:
                continue

    async def close(self) -> None:
        """Commit what is left, once `run` has ended.

        Raises:
            UserError: if the disk is full or broken.
        """
        try:
            await self._flush()
        finally:
            self._thread.shutdown()

    def end(self) -> None:
        """Let `run` return."""
        self._closing.set()

    async def _flush(self) -> bool:
        loop = asyncio.get_running_loop()
        batch, self._pending = self._pending, []
        came, self._came = self._came, []
        if batch:
            try:
                await loop.run_in_executor(self._thread, self._outbox.commit, batch)
            except BaseException:
                self._pending = batch + self._pending  # for the last try, when requests have ended
                raise
            self._backlog_bytes -= sum(map(_size, batch))
            self._outbox.came(came)
        await loop.run_in_executor(self._thread, self._on_commit, batch)
        return bool(batch)


def _size(record: Record) -> int:
    return len(record.body) if isinstance(record, Response) else 0
