"""Problems of the families: drawing them by number, and keeping evaluation problems out of
everything else.

Item i of a reasoning-gym dataset with seed s is item 0 of seed s + i, so one number names a
problem. The stages draw from ranges that lie apart; evaluation lies 10^9 away from all others.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from multiprocessing.pool import Pool
from typing import Any

import reasoning_gym

from distill.ids import canonical_text
from teacher.miniature.families import FAMILIES
from teacher.miniature.solutions.hand import Hand

EVALUATION = 1_000_000_000
NUM_EVALUATION = 1_000
PRETRAINING = 2_000_000_000
COLD_START = 3_000_000_000
REINFORCEMENT = 3_100_000_000
REJECTION = 3_200_000_000
STUDENT = 3_300_000_000
TUNING = 3_400_000_000
NUM_TUNING = 200


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A problem whose reference solution comes to reasoning-gym's answer."""

    family: str
    """Name of the family."""
    number: int
    """Seed that makes it."""
    question: str
    """Canonical text: as the pipeline keeps it and asks it, without a trailing line break."""
    answer: str
    """reasoning-gym's answer."""
    work: str
    """The careful hand's solution."""
    entry: dict[str, Any]
    """reasoning-gym's entry, which its scorer wants."""


@cache
def dataset(name: str) -> Any:
    """Return the family's endless dataset: item n is problem number n."""
    return reasoning_gym.create_dataset(name, seed=0, size=2**62, **FAMILIES[name].settings)


@lru_cache(maxsize=1)
def reserved() -> frozenset[int]:
    """Return the hashes of the texts of all tuning and evaluation problems."""
    ranges = ((EVALUATION, NUM_EVALUATION), (TUNING, NUM_TUNING))
    return frozenset(
        _key(dataset(name)[start + i]["question"])
        for name in FAMILIES
        for start, count in ranges
        for i in range(count)
    )


def _key(question: str) -> int:
    return hash(" ".join(canonical_text(question).lower().split()))


def draw(name: str, number: int, counts: Counter[str], *, held_out: bool = False) -> Problem | None:
    """Return one problem, or None (and count why) if it is held out, or its answer is not the
    one that follows.
    """
    entry = dataset(name)[number]
    counts["drawn"] += 1
    if not held_out and _key(entry["question"]) in reserved():
        counts["held out"] += 1
        return None
    hand = Hand()
    if FAMILIES[name].writer(entry, hand) != entry["answer"]:
        counts["disputed answer"] += 1
        return None
    return Problem(
        family=name,
        number=number,
        question=canonical_text(entry["question"]),
        answer=entry["answer"],
        work=hand.text,
        entry=entry,
    )


def take(name: str, start: int, count: int, *, held_out: bool = False) -> list[Problem]:
    """Return the first `count` usable problems from `start` on."""
    found: list[Problem] = []
    number = start
    while len(found) < count:
        problem = draw(name, number, Counter(), held_out=held_out)
        found += [problem] if problem else []
        number += 1
    return found


def take_all(
    start: int, count: int, pool: Pool | None = None, *, held_out: bool = False
) -> list[Problem]:
    """Return `count` problems of every family, family after family."""
    jobs = [(name, start, count, held_out) for name in FAMILIES]
    parts: Iterable[list[Problem]] = pool.map(_take, _pieces(jobs)) if pool else map(_take, jobs)
    return [problem for part in parts for problem in part]


def take_ranges(ranges: Iterable[tuple[str, int, int]], pool: Pool | None = None) -> list[Problem]:
    """Return the usable problems among (family, first number, how many)."""
    jobs = [
        (name, start + offset, min(250, count - offset))
        for name, start, count in ranges
        for offset in range(0, count, 250)
    ]
    parts: Iterable[list[Problem]] = pool.map(_draw_range, jobs) if pool else map(_draw_range, jobs)
    return [problem for part in parts for problem in part]


def _draw_range(job: tuple[str, int, int]) -> list[Problem]:
    name, start, count = job
    drawn = (draw(name, number, Counter()) for number in range(start, start + count))
    return [problem for problem in drawn if problem]


def _take(job: tuple[str, int, int, bool]) -> list[Problem]:
    name, start, count, held_out = job
    return take(name, start, count, held_out=held_out)


def _pieces(jobs: list[tuple[str, int, int, bool]]) -> Iterator[tuple[str, int, int, bool]]:
    """Cut large jobs, whose numbers then lie 4 apart per problem wanted, so that pieces never
    meet.
    """
    for name, start, count, held_out in jobs:
        size = 250
        for offset in range(0, count, size):
            yield name, start + 4 * offset, min(size, count - offset), held_out


def is_correct(problem: Problem, answer: str) -> bool:
    """Return whether reasoning-gym's scorer gives full marks; what it chokes on is wrong."""
    if answer == problem.answer:
        return True
    try:
        return float(dataset(problem.family).score_answer(answer, problem.entry)) >= 0.99
    except Exception:
        return False
