"""mixed_languages: reasoning that leaves the language of its prompt.

R1's rule (arXiv 2501.12948, its language consistency reward): the share of the reasoning's words
that are of the target language. How words are told apart stands in datagen/text/languages.py. R1
states no threshold; of 1,220 R1 and R1-Distill traces one lies below 0.9, and that one is Chinese.
"""

from typing import Literal

from pydantic import Field

from datagen.filters.base import KEEP, Case, Filter, Ruling, Trace, drop, response
from datagen.text.languages import main_language, shares
from distill.config.base import Section


class MixedLanguages(Section):
    """Settings of mixed_languages."""

    target: Literal[
        "prompt", "en", "de", "fr", "es", "pt", "it", "nl", "pl", "tr", "zh", "ja", "ko", "ru",
        "ar", "he", "hi", "th",
    ] = "prompt"  # fmt: skip
    """The language to keep to; `prompt` is that of the problem's text."""
    min_share: float = Field(default=0.9, ge=0, le=1)
    """Least share of words of the target language among those of any."""
    min_words: int = Field(default=20, ge=0)
    """Reasoning with fewer words is too short to tell."""


def _apply(trace: Trace, settings: MixedLanguages) -> Ruling:
    if len(trace.reasoning_words) < settings.min_words:
        return KEEP
    found = shares(trace.reasoning_words)
    target = main_language(trace.prompt or "") if settings.target == "prompt" else settings.target
    share = found.get(target, 0.0)
    if not found or share >= settings.min_share:
        return Ruling(keep=True, reason="ok", score=share if found else None)
    return drop("mixed languages" if share >= 0.5 else "other language", share)


_EN = "Now let us see whether the sum of the two numbers is even: it is, so we have a factor. "
_ZH = "我们先来看这两个数的和是不是偶数。"
_DE = "Wir sehen, dass die Summe nicht gerade ist, und wenn das so ist, dann gibt es auch keine."
FILTER = Filter(
    name="mixed_languages",
    version="1",
    what="reasoning that leaves the language of its prompt",
    settings=MixedLanguages,
    apply=_apply,
    cases=(
        Case(trace=response(_EN * 4, "4", prompt="Is the sum even?"), reason="ok"),
        Case(trace=response(_EN * 8 + "等等", "4"), reason="ok"),
        Case(trace=response(_EN * 4 + _ZH, "4"), reason="mixed languages"),
        Case(trace=response(_ZH * 4, "4"), reason="other language"),
        Case(trace=response(_ZH * 4, "4", prompt="这两个数的和是偶数吗？"), reason="ok"),
        Case(trace=response(_EN * 4, "4"), settings={"target": "zh"}, reason="other language"),
        Case(trace=response(_EN * 4 + _DE * 2, "4"), reason="mixed languages"),
        Case(trace=response(_DE * 4, "4", prompt=_DE), reason="ok"),
        Case(trace=response("1 + 1 = 2, " * 20, "4"), reason="ok"),
        Case(trace=response("我们先来", "4"), reason="ok"),
        Case(trace=response(_EN * 4, _ZH * 4), reason="ok"),
    ),
)
