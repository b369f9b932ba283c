"""teacher_identity: traces in which the teacher says who it is; a student would say so too.

Only claims count ("I am DeepSeek", "developed by OpenAI"), not talk about a company.
"""

import re
from functools import cache

import numpy as np
from pydantic import field_validator

from datagen.filters.base import KEEP, Case, Filter, Ruling, Trace, drop, response
from datagen.text.words import Hashes, words_of
from distill.config.base import Section


class TeacherIdentity(Section):
    """Settings of teacher_identity."""

    names: tuple[str, ...] = (
        "DeepSeek", "深度求索", "OpenAI", "ChatGPT", "GPT-4", "Anthropic", "Claude", "Gemini",
        "Qwen", "通义千问", "Alibaba Cloud", "Llama", "Mistral", "Kimi", "Moonshot",
    )  # fmt: skip
    """Models and who makes them; upper and lower case make no difference."""

    @field_validator("names")
    @classmethod
    def _are_words(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not len(words_of(name)):
                raise ValueError(f"{name!r} has no letters")
        return names


@cache
def _claim(names: tuple[str, ...]) -> re.Pattern[str]:
    listed = "|".join(re.escape(name) for name in names)
    return re.compile(
        rf"\bI(?:['’]m| am|['’]ve been| was| have been)\b[^.!?\n]{{0,60}}?(?:{listed})"
        rf"|\bmy name is\s+\W?(?:{listed})"
        rf"|\bas an? (?:AI|language model|assistant)\b[^.!?\n]{{0,40}}?(?:by|from) (?:{listed})"
        rf"|\b(?:call me|me,|myself,)\s+(?:{listed})"
        rf"|我(?:是|叫|的名字是|由)[^。！？\n]{{0,30}}?(?:{listed})",
        re.IGNORECASE,
    )


@cache
def _first_words(names: tuple[str, ...]) -> Hashes:
    return np.array([words_of(name).hashes[0] for name in names], np.uint64)


def _apply(trace: Trace, settings: TeacherIdentity) -> Ruling:
    named = np.isin(
        trace.words.hashes, _first_words(settings.names)
    ).any()  # spares most the search
    return drop("says who it is") if named and _claim(settings.names).search(trace.text) else KEEP


FILTER = Filter(
    name="teacher_identity",
    version="1",
    what="traces in which the teacher says who it is",
    settings=TeacherIdentity,
    apply=_apply,
    cases=(
        Case(trace=response("Hm.", "I am DeepSeek-R1, an assistant."), reason="says who it is"),
        Case(trace=response("Hm. I'm an AI made by DeepSeek.", "Hi."), reason="says who it is"),
        Case(trace=response("Hm.", "As an AI developed by OpenAI, no."), reason="says who it is"),
        Case(trace=response("Hm.", "my name is claude."), reason="says who it is"),
        Case(trace=response("我是由深度求索开发的。", "你好"), reason="says who it is"),
        Case(
            trace=response("The user asks about DeepSeek's stock.", "It is not listed."),
            reason="ok",
        ),
        Case(trace=response("I am sure. OpenAI was founded in 2015.", "2015"), reason="ok"),
        Case(trace=response("I am Iron Man.", "Tony"), reason="ok"),
        Case(
            trace=response("I am Vicuna.", "Hi"),
            settings={"names": ["Vicuna"]},
            reason="says who it is",
        ),
        Case(trace=response("I am Qwen.", "Hi"), settings={"names": ["Vicuna"]}, reason="ok"),
    ),
)
