"""A circuit breaker: an endpoint that keeps failing is left alone for a while, then tried once."""

from dataclasses import dataclass

FAILURES = 5
"""In a row, before the endpoint is left alone."""
FIRST_SEC = 0.5
MAX_SEC = 60.0
UNREACHABLE_SEC = 0.25
MAX_UNREACHABLE_SEC = 5.0
"""A server that comes back is noticed within this."""


@dataclass(kw_only=True)
class Breaker:
    """Open: nothing is sent until `open_until`. Then one request tells whether to close it."""

    open_until: float = 0.0
    num_opened: int = 0
    """In a row."""
    num_failed: int = 0
    """In a row, while closed."""
    is_probing: bool = False

    def admits(self, now: float) -> bool:
        """Tell whether a request may be sent."""
        return not self.num_opened or (now >= self.open_until and not self.is_probing)

    def sent(self) -> None:
        """Note that an admitted request goes out."""
        self.is_probing = self.num_opened > 0

    def succeeded(self) -> None:
        """Close it: the endpoint answered something sensible."""
        self.num_opened = self.num_failed = 0
        self.is_probing = False

    def failed(self, now: float) -> bool:
        """Count a failure; return whether this one opened it."""
        if self.num_opened and not self.is_probing:
            return False  # sent before it opened: says nothing new
        self.num_failed += 1
        if self.num_failed < FAILURES and not self.is_probing:
            return False
        self._open(now, min(MAX_SEC, FIRST_SEC * float(2**self.num_opened)))
        return True

    def unreachable(self, now: float) -> None:
        """Note a refused connection: nothing is lost by it, so it is tried again sooner."""
        if now >= self.open_until:
            self._open(now, min(MAX_UNREACHABLE_SEC, UNREACHABLE_SEC * float(2**self.num_opened)))

    def _open(self, now: float, seconds: float) -> None:
        self.open_until = now + seconds
        self.num_opened = min(self.num_opened + 1, 16)
        self.num_failed = 0
        self.is_probing = False
