"""Applying rules to many traces: in batches, on all cores, with no more than a few in memory."""

import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from multiprocessing import get_context
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datagen.filters.base import Trace
from datagen.filters.duplicate import keys_of
from datagen.rules import Rule

BATCH = 128
"""Traces that a worker takes at a time: some MB of text."""
WORTH_A_POOL = 2000
"""Fewer traces are done before worker processes have started."""


@dataclass(frozen=True, kw_only=True)
class Todo:
    """A trace, and the rules that are to rule on it."""

    key: Any
    trace: Trace
    positions: Sequence[int]
    """Of the rules."""


@dataclass(frozen=True, kw_only=True)
class Ruled:
    """What rules said of a batch: a column each, a row a ruling."""

    num_traces: int
    keys: list[Any] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    keep: list[bool] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    scores: list[float | None] = field(default_factory=list)
    alike: dict[int, tuple[list[Any], NDArray[np.int64]]] = field(default_factory=dict)
    """By the position of a rule that compares texts: traces, and what they are compared by."""


def num_workers() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def curate(
    todo: Iterable[Todo], rules: Sequence[Rule], *, num_workers: int, batch: int = BATCH
) -> Iterator[Ruled]:
    """Yield what the rules say, batch by batch in order.

    Args:
        todo: read as it is needed: at most three batches a worker are under way.
        rules: by position.
        num_workers: processes; 1 works in this one.
        batch: traces a batch.
    """
    iterator = iter(todo)
    batches = iter(partial(_next, iterator, batch), [])
    if num_workers == 1:
        yield from (rule_on(one, rules) for one in batches)
        return
    # Spawned, since a process forked while other threads run may hang.
    with ProcessPoolExecutor(
        num_workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(list(rules),)
    ) as pool:
        under_way: deque[Future[Ruled]] = deque()
        for one in batches:
            under_way.append(pool.submit(_work, one))
            if len(under_way) >= 3 * num_workers:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _next(todo: Iterator[Todo], number: int) -> list[Todo]:
    return list(islice(todo, number))


_rules: list[Rule] = []


def _begin(rules: list[Rule]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asks
    _rules[:] = rules


def _work(batch: list[Todo]) -> Ruled:
    return rule_on(batch, _rules)


def rule_on(batch: Sequence[Todo], rules: Sequence[Rule]) -> Ruled:
    """Return what the rules say of a batch."""
    ruled = Ruled(num_traces=len(batch))
    comparing: dict[int, list[Todo]] = {}
    for one in batch:
        for position in one.positions:
            rule = rules[position]
            if rule.filter.needs_all:
                comparing.setdefault(position, []).append(one)
                continue
            ruling = rule.apply(one.trace)
            ruled.keys.append(one.key)
            ruled.positions.append(position)
            ruled.keep.append(ruling.keep)
            ruled.reasons.append(ruling.reason)
            ruled.scores.append(ruling.score)
    for position, ones in comparing.items():
        settings: Any = rules[position].settings
        keys = keys_of([one.trace for one in ones], settings)
        ruled.alike[position] = ([one.key for one in ones], keys)
    return ruled
