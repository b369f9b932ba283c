"""long_paragraphs: reasoning with paragraphs too long to read.

R1 drops "long paragraphs" and states no length. Paragraphs end at blank lines; of 1,220 R1 and
R1-Distill traces the longest has 1,697 characters.
"""

from pydantic import Field

from datagen.filters.base import Case, Filter, Ruling, Trace, drop, response
from distill.config.base import Section


class LongParagraphs(Section):
    """Settings of long_paragraphs."""

    max_chars: int = Field(default=4000, gt=0)
    """Most characters of a paragraph of the reasoning."""


def _apply(trace: Trace, settings: LongParagraphs) -> Ruling:
    reasoning = (trace.reasoning or "").replace("\r\n", "\n")
    longest = max(map(len, reasoning.split("\n\n")))
    if longest > settings.max_chars:
        return drop("long paragraph", longest)
    return Ruling(keep=True, reason="ok", score=longest)


FILTER = Filter(
    name="long_paragraphs",
    version="1",
    what="reasoning with paragraphs too long to read",
    settings=LongParagraphs,
    apply=_apply,
    cases=(
        Case(trace=response("x" * 4000, "4"), reason="ok"),
        Case(trace=response("x" * 4001, "4"), reason="long paragraph"),
        Case(trace=response("x" * 3000 + "\n\n" + "x" * 3000, "4"), reason="ok"),
        Case(trace=response("x" * 3000 + "\n" + "x" * 3000, "4"), reason="long paragraph"),
        Case(trace=response("2 + 2", "x" * 5000), reason="ok"),
        Case(trace=Trace(text="4", answer="4"), reason="ok"),
    ),
)
