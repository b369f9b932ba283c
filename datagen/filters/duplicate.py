"""duplicate_problem, duplicate_trace: texts that stand there already, word for word or nearly so.

Which texts are alike is told by datagen/text/minhash.py; which one of them stays, by who asks: of
problems the first of the recipe's sources, of traces the best (datagen/duplicates.py).
"""

import hashlib
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from datagen.filters.base import Filter, Ruling, Trace
from datagen.text.minhash import MinHash
from distill.config.base import Section

SAME, NEARLY = "same text", "nearly the same text"
_MATTERS = re.compile(r"[0-9+\-*/^=<>%]")


class DuplicateTrace(Section):
    """Settings of duplicate_trace."""

    near: bool = True
    """Look for near-duplicates; else only for the same text, blanks around it apart."""
    shingle: int = Field(default=5, gt=0)
    """Words a run."""
    bands: int = Field(default=14, gt=0)
    """Bands of a signature: more of them find texts that are less alike."""
    rows: int = Field(default=8, gt=0)
    """Slots a band: more of them find only texts that are more alike."""
    same_numbers: bool = False
    """Only texts with the same digits and operators in the same order can be near-duplicates."""


class DuplicateProblem(DuplicateTrace):
    """Settings of duplicate_problem."""

    same_numbers: bool = True
    """A problem with other numbers is another problem, whatever else is the same."""


def keys_of(traces: Sequence[Trace], settings: DuplicateTrace) -> NDArray[np.int64]:
    """Return numbers by which texts are alike, (texts, 1 + bands).

    Two texts with the same number in the first column are the same, in any other nearly the same.
    """
    exact = np.array([_hash(trace.text.strip()) for trace in traces], np.int64).reshape(-1, 1)
    if not settings.near:
        return exact
    hasher = MinHash(shingle=settings.shingle, bands=settings.bands, rows=settings.rows)
    bands = hasher.bands_of([trace.words for trace in traces])
    if settings.same_numbers:
        bands ^= np.array([_numbers(trace.text) for trace in traces], np.int64).reshape(-1, 1)
    wordless = [not len(trace.words) for trace in traces]  # they have nothing to be alike in
    bands[wordless] = exact[wordless]
    return np.hstack((exact, bands))


def _numbers(text: str) -> int:
    return _hash("".join(_MATTERS.findall(text)))


def _hash(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def _alone(trace: Trace, settings: DuplicateTrace) -> Ruling:
    raise TypeError("whether a text is a duplicate depends on the others")


PROBLEM_FILTER = Filter(
    name="duplicate_problem",
    version="1",
    what="problems that another source, or the same, has already",
    level="problem",
    settings=DuplicateProblem,
    apply=_alone,
    needs_all=True,
)
TRACE_FILTER = Filter(
    name="duplicate_trace",
    version="1",
    what="traces that say what another one says",
    settings=DuplicateTrace,
    apply=_alone,
    needs_all=True,
)
