"""repetition: traces that go round in circles.

Of all runs of `ngram` words (datagen/text/words.py), the rule looks at

- the share of runs that stood in the text before: 1 - distinct / all;
- how often the most frequent run stands there, for a loop inside a long and otherwise good trace.

Loops of symbols have no words: hence a bound on characters a word, for texts of some length.

Of 1,220 R1 and R1-Distill traces the largest share outside real loops is 0.26, the largest count 50
(long enumerations of cases), the most characters a word 8.
"""

import numpy as np
from pydantic import Field

from datagen.filters.base import KEEP, Case, Filter, Ruling, Trace, drop, response
from datagen.text.words import Words
from distill.config.base import Section

MIN_CHARS = 1000
"""A text of fewer characters may be all symbols."""


class Repetition(Section):
    """Settings of repetition."""

    ngram: int = Field(default=10, gt=0)
    """Words a run."""
    max_share: float = Field(default=0.3, ge=0, le=1)
    """Largest share of runs that are repeats."""
    max_repeats: int = Field(default=100, gt=0)
    """How often one run may stand in a text."""
    max_chars_a_word: float = Field(default=40, gt=0)
    """Most characters a word, white space apart."""


def count_runs(words: Words, ngram: int) -> tuple[int, int, int]:
    """Return the number of runs of `ngram` words, of distinct ones, and of the most frequent."""
    runs = words.runs(ngram)
    if not len(runs):
        return 0, 0, 0
    runs.sort()
    firsts = np.flatnonzero(np.concatenate(([True], runs[1:] != runs[:-1])))
    most = np.diff(firsts, append=len(runs)).max()
    return len(runs), len(firsts), int(most)


def _apply(trace: Trace, settings: Repetition) -> Ruling:
    num_chars = len(trace.text) - trace.text.count(" ") - trace.text.count("\n")
    if num_chars >= MIN_CHARS and num_chars > settings.max_chars_a_word * len(trace.words):
        return drop("hardly any words", num_chars / max(1, len(trace.words)))
    num_runs, num_distinct, most = count_runs(trace.words, settings.ngram)
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
    version="2",
    what="traces that go round in circles",
    settings=Repetition,
    apply=_apply,
    cases=(
        Case(trace=response("2 + 2 = 4.", "4"), reason="ok"),
        Case(trace=response(_PROSE, "4"), reason="ok"),
        Case(trace=response("Wait, let me check that again. " * 20, "4"), reason="repeats itself"),
        Case(trace=response("哈" * 200, "4"), reason="repeats itself"),
        Case(trace=response("ha" * 200, "4"), reason="repeats itself"),
        Case(trace=response("= " * 990, "4"), reason="ok"),
        Case(trace=response("= " * 991, "4"), reason="hardly any words"),
        Case(
            trace=response(_PROSE + "Hmm, one two three four five six seven eight. " * 8, "4"),
            settings={"max_repeats": 6},
            reason="loop",
        ),
        Case(trace=response("a b a b a b", "4"), settings={"ngram": 2}, reason="repeats itself"),
    ),
)
