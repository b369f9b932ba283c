"""Requests and tokens a minute that an account may use: as the recipe says, or its answers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

BURST_SEC = 5.0
"""A minute's allowance is spent evenly: what was not used of so many seconds may come at once."""
PREFIX = "x-ratelimit-"
PART = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(kw_only=True)
class Allowance:
    """So many a minute; what is taken in advance may be corrected later."""

    per_minute: float | None = None
    level: float = 0.0
    at: float | None = None
    """When `level` was right (monotonic)."""
    shut_until: float = 0.0

    def wait_sec(self, amount: float, now: float) -> float:
        """Return in how many seconds so much may be taken; 0 is now."""
        shut = max(0.0, self.shut_until - now)
        if self.per_minute is None:
            return shut
        self._refill(now)
        lacking = min(amount, self._burst) - self.level
        return max(shut, lacking * 60 / self.per_minute)

    def take(self, amount: float) -> None:
        """Take so much, or give back what is negative."""
        if self.per_minute is not None:
            self.level -= amount

    def learn(self, limit: float | None, left: float | None, reset_sec: float, now: float) -> None:
        """Believe the server: its limit where the recipe has none, and what it says is left."""
        if self.per_minute is None and limit:
            self.per_minute = limit
        if left is not None:
            if self.per_minute is not None:
                self._refill(now)
                self.level = min(self.level, left)
            if left < 1:
                self.shut_until = now + reset_sec

    @property
    def _burst(self) -> float:
        return max(1.0, (self.per_minute or 0.0) * BURST_SEC / 60)

    def _refill(self, now: float) -> None:
        if self.at is None:
            self.level = self._burst
        else:
            gained = (now - self.at) * (self.per_minute or 0.0) / 60
            self.level = min(self._burst, self.level + gained)
        self.at = now


@dataclass(kw_only=True)
class Quota:
    """What one account is allowed; a request's tokens are guessed, its answer puts them right."""

    requests: Allowance = field(default_factory=Allowance)
    tokens: Allowance = field(default_factory=Allowance)
    tokens_a_request: float = 0.0
    """Running mean; 0 until the first answer."""

    @property
    def is_limited(self) -> bool:
        """Whether any limit is known."""
        return self.requests.per_minute is not None or self.tokens.per_minute is not None

    def wait_sec(self, now: float) -> float:
        """Return in how many seconds the next request may go out."""
        if not self.is_limited:
            return max(0.0, max(self.requests.shut_until, self.tokens.shut_until) - now)
        return max(self.requests.wait_sec(1, now), self.tokens.wait_sec(self.tokens_a_request, now))

    def sent(self, max_tokens: int) -> float:
        """Take a request and the tokens that it may cost; return these."""
        guessed = self.tokens_a_request or max_tokens
        self.requests.take(1)
        self.tokens.take(guessed)
        return guessed

    def cost(self, guessed: float, tokens: int) -> None:
        """Put right what an answered request cost."""
        self.tokens.take(tokens - guessed)
        if tokens:
            share = 0.05 if self.tokens_a_request else 1.0
            self.tokens_a_request += share * (tokens - self.tokens_a_request)

    def rest(self, until: float) -> None:
        """Send nothing before that time: the account was told so."""
        self.requests.shut_until = max(self.requests.shut_until, until)

    def learn(self, headers: Mapping[str, str], now: float) -> None:
        """Read what an answer says of the limits."""
        for name, allowance in (("requests", self.requests), ("tokens", self.tokens)):
            limit = _number(headers.get(f"{PREFIX}limit-{name}"))
            left = _number(headers.get(f"{PREFIX}remaining-{name}"))
            if limit is not None or left is not None:
                reset_sec = duration_sec(headers.get(f"{PREFIX}reset-{name}", ""))
                allowance.learn(limit, left, reset_sec, now)


def duration_sec(text: str) -> float:
    """Return the seconds of `6m0s`, `120ms` or `1.5`; 0 where it says nothing of the kind."""
    number = _number(text)
    if number is not None:
        return min(number, 3600.0)
    parts = PART.findall(text)
    return min(sum(float(number) * SECONDS[unit] for number, unit in parts), 3600.0)


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text else None
    except ValueError:
        return None
    return number if number is not None and 0 <= number < 1e12 else None
