"""What a filter is given, and what it answers.

A filter is a pure function with a name and a version: the same trace and settings give the same
ruling on every machine. It only rules; dropped traces stay in the warehouse.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, Literal, TypeVar

from datagen.text.words import Words, words_of
from distill.config.base import Section

S = TypeVar("S", bound=Section)


@dataclass(frozen=True, kw_only=True)
class Trace:
    """A response as filters see it."""

    text: str
    """All of it, as received."""
    shape: str = "open_tag_in_prompt"
    """field | tags | open_tag_in_prompt | none: how reasoning and answer were told apart."""
    reasoning: str | None = None
    answer: str | None = None
    outcome: str = "ok"
    """ok | length | refused"""
    completion_tokens: int | None = None
    """None where nobody counted, as for imported traces."""
    prompt: str | None = None
    """The problem's text."""
    golds: tuple[str, ...] = ()
    """Its reference answers, as text."""
    domain: str | None = None
    """math | code | stem | logic | general"""

    @cached_property
    def words(self) -> Words:
        """The words of the text, looked for once whatever the number of rules that need them."""
        return words_of(self.text)

    @cached_property
    def reasoning_words(self) -> Words:
        """The words of the reasoning."""
        begin = self.text.find(self.reasoning or "")
        return self.words.part(begin, begin + len(self.reasoning or ""))


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """Whether a trace stays."""

    keep: bool
    reason: str
    """A few words that can be counted: no numbers in them."""
    score: float | None = None
    """What was measured, where the rule measures."""


KEEP = Ruling(keep=True, reason="ok")


def drop(reason: str, score: float | None = None) -> Ruling:
    """Return the ruling that drops a trace."""
    return Ruling(keep=False, reason=reason, score=score)


@dataclass(frozen=True, kw_only=True)
class Case:
    """An example that a filter must rule on as stated; it stands beside the filter."""

    trace: Trace
    reason: str
    """`ok` for those that stay."""
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Filter(Generic[S]):
    """A rule on traces, or on problems: these are ruled on as traces whose text they are."""

    name: str
    version: str
    """Another version means ruling again."""
    what: str
    """What it drops, in a line, for people."""
    settings: type[S]
    apply: Callable[..., Ruling]
    """apply(trace, settings), with `references` as a third argument for those that need them."""
    cases: tuple[Case, ...] = ()
    level: Literal["trace", "problem", "both"] = "trace"
    """What it rules on."""
    needs_references: bool = False
    """Whether it compares with the benchmarks."""
    needs_all: bool = False
    """Whether it compares texts with each other, so that apply() alone cannot rule."""


def response(reasoning: str, answer: str, **fields: Any) -> Trace:
    """Return a well-formed response to a prompt that opens `<think>`: for cases and tests."""
    text = f"{reasoning}</think>{answer}"
    return Trace(text=text, reasoning=reasoning, answer=answer, **fields)
