"""think_format: reasoning and answer are there, told apart by exactly the tags they should be."""

import re

from datagen.filters.base import KEEP, Case, Filter, Ruling, Trace, drop, response
from distill.config.base import Section

_TAGS = {"field": (0, 0), "tags": (1, 1), "open_tag_in_prompt": (0, 1)}
"""How many opening and closing tags a text of each shape has."""
_SPECIAL = re.compile(r"<[|｜][^<>|｜\s]{1,40}[|｜]>")


class ThinkFormat(Section):
    """Settings of think_format."""

    special_tokens: bool = True
    """Drop texts with <|im_end|> and its like: tokenisers read control tokens in them."""


def _apply(trace: Trace, settings: ThinkFormat) -> Ruling:
    if trace.shape not in _TAGS:
        return drop("no reasoning")
    opening, closing = _TAGS[trace.shape]
    if trace.text.count("</think>") != closing:
        return drop("stray closing tag" if trace.text.count("</think>") > closing else "not closed")
    if trace.text.count("<think>") != opening:
        return drop("stray opening tag")
    if not (trace.reasoning or "").strip():
        return drop("empty reasoning")
    if not (trace.answer or "").strip():
        return drop("empty answer")
    if settings.special_tokens and _SPECIAL.search(trace.text):
        return drop("special token")
    return KEEP


FILTER = Filter(
    name="think_format",
    version="1",
    what="reasoning and answer that are not told apart by exactly the right tags",
    settings=ThinkFormat,
    apply=_apply,
    cases=(
        Case(trace=response("2 + 2 = 4.\n", "\n\n4"), reason="ok"),
        Case(trace=Trace(text="a<b", shape="field", reasoning="a", answer="<b"), reason="ok"),
        Case(trace=Trace(text="4", shape="none", answer="4"), reason="no reasoning"),
        Case(trace=Trace(text="2 + 2", reasoning="2 + 2"), reason="not closed"),
        Case(trace=response("2 + 2 = 4.", "4</think>4"), reason="stray closing tag"),
        Case(trace=response("<think>2 + 2 = 4.", "4"), reason="stray opening tag"),
        Case(trace=response(" \n", "4"), reason="empty reasoning"),
        Case(trace=response("2 + 2 = 4.", "\n"), reason="empty answer"),
        Case(trace=response("2 + 2 = 4.", "4<|im_end|>"), reason="special token"),
        Case(
            trace=response("2 + 2 = 4.", "4<|im_end|>"),
            settings={"special_tokens": False},
            reason="ok",
        ),
    ),
)
