r"""no_final_answer: responses that end without saying what the answer is.

An answer is final if it has a complete \boxed{} with something in it, or an <answer> tag, or
announces itself ("the answer is", "Answer:"), or draws a conclusion near its end ("Thus",
"In summary"), or is short: a bare result needs no announcement. A \boxed{ that is never closed is
none.
"""

import re

from pydantic import Field

from datagen.filters.base import KEEP, Case, Filter, Ruling, Trace, drop, response
from distill.config.base import Section
from distill.verify.extract import boxes

_ANNOUNCED = re.compile(
    r"<answer>\s*\S|\banswer(?:\*\*)?\s*(?:is\b|[:=：])|答案|####\s*\S",
    re.IGNORECASE,
)
_CONCLUDES = re.compile(
    r"\b(?:conclu\w+|therefore|thus|hence|result|in (?:summary|short)|finally)\b", re.IGNORECASE
)
_END = 600
"""Characters at the end of an answer in which a conclusion counts."""


class NoFinalAnswer(Section):
    """Settings of no_final_answer."""

    boxed_only: bool = False
    r"""Take nothing but \boxed{}, as R1's wording for mathematics asks for."""
    max_chars: int = Field(default=200, ge=0)
    """An answer of at most so many characters may stand alone."""


def _apply(trace: Trace, settings: NoFinalAnswer) -> Ruling:
    answer = (trace.answer or "").strip()
    if not answer:
        return drop("no answer")
    found = boxes(answer)
    if any(box.content for box in found):
        return KEEP
    if "\\boxed" in answer:
        return drop("empty box" if found else "box not closed")
    if settings.boxed_only:
        return drop("no box")
    if len(answer) <= settings.max_chars or _ANNOUNCED.search(answer):
        return KEEP
    if _CONCLUDES.search(answer[-_END:]):
        return KEEP
    return drop("no final answer")


_LONG = "It depends on what is meant, and one could go on about that for a long time. " * 3
FILTER = Filter(
    name="no_final_answer",
    version="1",
    what="responses that end without a final answer",
    settings=NoFinalAnswer,
    apply=_apply,
    cases=(
        Case(trace=response("2 + 2", r"So it is \boxed{\frac{1}{2}}."), reason="ok"),
        Case(trace=response("2 + 2", "4"), reason="ok"),
        Case(trace=response("2 + 2", _LONG + "**Answer:** 4"), reason="ok"),
        Case(trace=response("2 + 2", _LONG + "The answer is 4."), reason="ok"),
        Case(trace=response("2 + 2", _LONG + "Thus it is 4."), reason="ok"),
        Case(trace=response("2 + 2", "Thus: " + _LONG * 3), reason="no final answer"),
        Case(trace=response("2 + 2", "x" * 200), reason="ok"),
        Case(trace=response("2 + 2", "x" * 201), reason="no final answer"),
        Case(trace=response("2 + 2", _LONG), reason="no final answer"),
        Case(trace=response("2 + 2", r"\boxed{\frac{1}{2}"), reason="box not closed"),
        Case(trace=response("2 + 2", r"\boxed{ }"), reason="empty box"),
        Case(trace=response("2 + 2", " \n"), reason="no answer"),
        Case(trace=Trace(text="2 + 2", reasoning="2 + 2"), reason="no answer"),
        Case(trace=response("2 + 2", "4"), settings={"boxed_only": True}, reason="no box"),
    ),
)
