"""repetition: traces that go round in circles.

The text is cut into words at white space, words of more than 20 characters into pieces of 5, so
that loops without spaces are seen too. Of all runs of `ngram` words, the rule looks at

- the share of runs that stood in the text before: 1 - distinct / all;
- how often the most frequent run stands there, for a loop inside a long and otherwise good trace.

Of 1,220 R1 and R1-Distill traces the largest share outside real loops is 0.18, the largest count 50
(long enumerations of cases).
"""

import numpy as np
from pydantic import Field

from datagen.filters.base import KEEP, Case, Filter, Ruling, Trace, drop, response
from distill.config.base import Section

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


class Repetition(Section):
    """Settings of repetition."""

    ngram: int = Field(default=10, gt=0)
    """Words a run."""
    max_share: float = Field(default=0.3, ge=0, le=1)
    """Largest share of runs that are repeats."""
    max_repeats: int = Field(default=100, gt=0)
    """How often one run may stand in a text."""


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    for word in text.split():
        if len(word) <= 20:
            pieces.append(word)
        else:
            pieces.extend(word[at : at + 5] for at in range(0, len(word), 5))
    return pieces


def count_runs(text: str, ngram: int) -> tuple[int, int, int]:
    """Return the number of runs of `ngram` words, of distinct ones, and of the most frequent."""
    pieces = _pieces(text)
    num_runs = len(pieces) - ngram + 1
    if num_runs <= 0:
        return 0, 0, 0
    hashes = np.fromiter(map(hash, pieces), np.int64, len(pieces)).view(np.uint64)
    runs = np.zeros(num_runs, np.uint64)
    for offset in range(ngram):  # a polynomial modulo 2 ** 64
        runs = runs * _MULTIPLIER + hashes[offset : offset + num_runs]
    counts = np.unique_counts(runs).counts
    return num_runs, len(counts), int(counts.max())


def _apply(trace: Trace, settings: Repetition) -> Ruling:
    num_runs, num_distinct, most = count_runs(trace.text, settings.ngram)
    if not num_runs:
        return KEEP
    share = 1 - num_distinct / num_runs
    if share > settings.max_share:
        return drop("repeats itself", share)
    if most > settings.max_repeats:
        return drop("loop", most)
    return Ruling(keep=True, reason="ok", score=share)


_PROSE = " ".join(f"{a} and {b} are {a + b}." for a in range(20) for b in range(20))
FILTER = Filter(
    name="repetition",
    version="1",
    settings=Repetition,
    apply=_apply,
    cases=(
        Case(trace=response("2 + 2 = 4.", "4"), reason="ok"),
        Case(trace=response(_PROSE, "4"), reason="ok"),
        Case(trace=response("Wait, let me check that again. " * 20, "4"), reason="repeats itself"),
        Case(trace=response("哈" * 200, "4"), reason="repeats itself"),
        Case(
            trace=response(_PROSE + "Hmm, one two three four five six seven eight. " * 8, "4"),
            settings={"max_repeats": 6},
            reason="loop",
        ),
        Case(trace=response("a b a b a b", "4"), settings={"ngram": 2}, reason="repeats itself"),
    ),
)
