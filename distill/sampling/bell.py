"""Waking one waiting task, when something changed or when it is time."""

import asyncio

MAX_SEC = 5.0
"""Waits are cut into such pieces, so that no change of the clock can make one endless."""


class Bell:
    """An event for one waiter, far cheaper than `asyncio.wait_for` on an Event."""

    def __init__(self) -> None:
        self._waiter: asyncio.Future[None] | None = None
        self._rung = False

    def ring(self) -> None:
        """Wake the waiter, or let the next `wait` return at once."""
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)
        else:
            self._rung = True

    async def wait(self, timeout_sec: float = MAX_SEC) -> None:
        """Return when it rings, and after the time at the latest."""
        if not self._rung:
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            timer = loop.call_later(min(timeout_sec, MAX_SEC), self.ring)
            try:
                await self._waiter
            finally:
                timer.cancel()
                self._waiter = None
        self._rung = False
