"""How many requests an endpoint is given at a time: found out, never a number to be guessed.

A server that batches is full when a few requests wait in its queue: with none it may idle, with
many it only makes them wait (and vLLM throws away work when the KV cache runs over). Where /metrics
tells the queue, it is steered by that. Elsewhere throughput tells: as long as more requests at a
time bring more answers a second there is room. A 429 takes back a third at once.
"""

from dataclasses import dataclass, field

START = 64
KNOWN_START = 256
"""Where /metrics tell the queue: about what a server batches, and waiting in it does no harm."""
LATER = 0.125
"""Growth a look, once the first doubling has found the limit."""
FULL_CACHE = 0.95
MIN_GAIN = 0.15
"""Share of the added requests that must show as throughput, or there was no room for them."""
MIN_WINDOW_SEC = 0.25
PROBE_WINDOWS = 8
"""Once the limit is found, every so many windows it is tried whether there is more room."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What a server's /metrics say of it; None where they do not."""

    tokens: float | None = None
    """Prompt and completion tokens so far."""
    running: float | None = None
    waiting: float | None = None
    cache: float | None = None
    """Share of the KV cache in use, 0 to 1."""
    preempted: float | None = None
    """Requests so far whose work was thrown away for lack of KV cache."""


@dataclass(kw_only=True)
class Pace:
    """The limit of one endpoint, at most `cap`; it moves only while requests press against it."""

    cap: int
    limit: int = 0
    growing: bool = True
    """No limit was met yet: every answer makes room for one more, which doubles it in time."""
    steered: bool = False
    """/metrics tell the queue; answers then only count while growing."""
    _preempted: float | None = None
    _window: "_Window" = field(default_factory=lambda: _Window())
    _before: "_Window | None" = None
    _worth: float = 0.0
    """Requests in flight that throughput last grew with."""
    _num_poor: int = 0
    _num_windows: int = 0
    _pushed_at: float = -1e9

    def __post_init__(self) -> None:
        self.limit = min(START, self.cap)

    def presses(self, in_flight: int) -> bool:
        """Tell whether more would be sent if it were allowed, and may come to be."""
        return self.growing and self.limit < self.cap and self._is_full(in_flight)

    def _is_full(self, in_flight: int) -> bool:
        return in_flight >= self.limit * 0.9

    def answered(self, in_flight: int, now: float) -> None:
        """Count an answer; `in_flight` with the one that was answered."""
        full = self._is_full(in_flight)
        if self.growing and full:
            self._set(self.limit + 1)
        if not self.steered:
            self._window.add(in_flight, full, now)
            if self._window.is_over(now):
                self._judge(now)

    def looked(self, load: Load, in_flight: int) -> None:
        """Steer by the queue that the server tells of."""
        if load.waiting is None:
            return
        if not self.steered:
            self.steered = True
            self._set(max(self.limit, KNOWN_START))
        running = load.running or 0.0
        few, many = max(2.0, running * 0.05), max(8.0, running * 0.25)
        preempted = load.preempted or 0.0
        thrown_away = self._preempted is not None and preempted > self._preempted
        self._preempted = preempted
        if thrown_away or load.waiting > many:
            self.growing = False
            surplus = max(load.waiting - many, in_flight * 0.1 if thrown_away else 0.0)
            self._set(min(self.limit, int(in_flight - surplus)))
        elif load.waiting >= few or (load.cache or 0.0) >= FULL_CACHE:
            self.growing = False
        elif self._is_full(in_flight):
            self._set(self.limit * 2 if self.growing else self.limit + int(self.limit * LATER) + 1)

    def pushed_back(self, in_flight: int, now: float) -> None:
        """Take a 429 for what it is; those that come with it say the same."""
        self.growing = False
        if now - self._pushed_at >= 1.0:
            self._pushed_at = now
            self._set(min(self.limit, in_flight) * 2 // 3)

    def _judge(self, now: float) -> None:
        """Compare throughput with the window before, which had another limit."""
        window, before = self._window, self._before
        self._window, self._before = _Window(), window
        self._num_windows += 1
        if not window.full:
            return
        if self.growing:
            if not before or window.gain(before) >= MIN_GAIN:
                self._worth, self._num_poor = window.mean_in_flight, 0
            else:
                self._num_poor += 1
            if self._num_poor >= 2:
                self.growing = False
                self._set(int(self._worth))
        elif not self.growing and before and window.limit_raised:
            if window.gain(before) < MIN_GAIN:
                self._set(int(before.mean_in_flight))
        elif not self.growing and self._num_windows % PROBE_WINDOWS == 0:
            self._set(self.limit + int(self.limit * LATER) + 1)
            self._window.limit_raised = True

    def _set(self, limit: int) -> None:
        self.limit = max(1, min(limit, self.cap))


@dataclass(kw_only=True)
class _Window:
    """Answers over a while: how many a second, at how many requests in flight."""

    begun: float | None = None
    num: int = 0
    sum_in_flight: int = 0
    full: bool = True
    """Requests pressed against the limit all the time."""
    limit_raised: bool = False
    sec: float = 0.0

    def add(self, in_flight: int, full: bool, now: float) -> None:
        if self.begun is None:  # the first answer only begins it
            self.begun = now
            return
        self.num += 1
        self.sum_in_flight += in_flight
        self.full &= full
        self.sec = now - self.begun

    def is_over(self, now: float) -> bool:
        return self.num >= max(16, self.mean_in_flight) and self.sec >= MIN_WINDOW_SEC

    @property
    def mean_in_flight(self) -> float:
        return self.sum_in_flight / max(self.num, 1)

    def gain(self, before: "_Window") -> float:
        """Return the growth of throughput over that of the requests in flight."""
        added = self.mean_in_flight / max(before.mean_in_flight, 1.0) - 1
        if added <= 0.02:
            return 1.0
        more = (self.num / self.sec) / (before.num / before.sec) - 1
        return more / added
