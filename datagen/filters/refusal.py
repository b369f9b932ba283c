"""refusal: answers that decline instead of answering.

Only how the answer begins counts: a refusal comes first, and "I can't" later on is part of a text.
"""

import re

from pydantic import Field

from datagen.filters.base import KEEP, Case, Filter, Ruling, Trace, drop, response
from distill.config.base import Section

_CANNOT = r"(?:can(?:no|['’])t|can not|won['’]t|will not|am (?:unable|not able) to|must decline)"
_REFUSES = re.compile(
    rf"\bI(?:['’]m| am) (?:\w+ )?(?:sorry|afraid)\b[^.\n]{{0,80}}\b{_CANNOT}"
    rf"|^\W*(?:sorry|apologies|my apologies|unfortunately)\b[^.\n]{{0,80}}\bI {_CANNOT}"
    rf"|\bI {_CANNOT}\s+(?:\w+ly\s+)?(?:assist|help|provide|support|fulfil|comply|engage|write|"
    r"participate|create|generate|share|offer|answer|discuss|give|do that|tolerate|condone|promote)"
    r"|\bI(?:['’]m| am) (?:unable|not able) to (?:assist|help|provide|fulfil|comply|answer)"
    r"|\bas an? (?:AI|language model)\b[^.\n]{0,60}\bI (?:do not|don['’]t|cannot|can['’]t)"
    r"|(?:很)?抱歉[^。\n]{0,20}(?:无法|不能)|我(?:无法|不能)(?:提供|协助|帮助|回答)",
    re.IGNORECASE,
)


class Refusal(Section):
    """Settings of refusal."""

    num_chars: int = Field(default=200, gt=0)
    """How many characters of the answer to look at."""


def _apply(trace: Trace, settings: Refusal) -> Ruling:
    begin = (trace.answer or "").lstrip()[: settings.num_chars]
    return drop("refuses") if _REFUSES.search(begin) else KEEP


FILTER = Filter(
    name="refusal",
    version="1",
    what="answers that decline instead of answering",
    settings=Refusal,
    apply=_apply,
    cases=(
        Case(trace=response("Hm.", "I'm sorry, but I can't help with that."), reason="refuses"),
        Case(trace=response("Hm.", "Sorry, I cannot do this."), reason="refuses"),
        Case(trace=response("Hm.", "I can’t assist with that request."), reason="refuses"),
        Case(trace=response("Hm.", "As an AI, I don't have feelings."), reason="refuses"),
        Case(trace=response("Hm.", "很抱歉，我无法提供帮助。"), reason="refuses"),
        Case(trace=response("I cannot help with that?", "4"), reason="ok"),
        Case(trace=response("Hm.", "x cannot be negative, so I can write x = 2."), reason="ok"),
        Case(trace=response("Hm.", "x" * 181 + " I can't help you."), reason="refuses"),
        Case(trace=response("Hm.", "x" * 190 + " I can't help you."), reason="ok"),
        Case(trace=response("Hm.", "Unfortunately, no such number exists."), reason="ok"),
    ),
)
