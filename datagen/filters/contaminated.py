"""contaminated: texts that share a run of words with a benchmark. R1: 10 words.

The rule, short texts included, stands in datagen/text/overlap.py. Problems are ruled on before they
are asked; as a filter on traces it looks at the whole response.
"""

from pydantic import Field

from datagen.filters.base import KEEP, Filter, Ruling, Trace, drop
from datagen.text.overlap import References
from distill.config.base import Section


class Contaminated(Section):
    """Settings of contaminated."""

    ngram: int = Field(default=10, gt=1)
    """Words in a row that may not be shared (R1: 10)."""
    min_words: int = Field(default=5, gt=0)
    """Fewest words of a shorter text that count where it stands whole in the other."""


def _apply(trace: Trace, settings: Contaminated, references: References) -> Ruling:
    found = references.matches(trace.words)
    if not found:
        return KEEP
    return drop("shares words with a benchmark", max(match.end - match.begin for match in found))


FILTER = Filter(
    name="contaminated",
    version="1",
    what="texts that share a run of words with a benchmark",
    level="both",
    settings=Contaminated,
    apply=_apply,
    needs_references=True,
)
