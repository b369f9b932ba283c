"""What a filter is given, and what it answers.

A filter is a pure function with a name and a version: the same trace and settings give the same
ruling on every machine. It only rules; dropped traces stay in the warehouse.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

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
    """A rule on traces."""

    name: str
    version: str
    """Another version means ruling again."""
    settings: type[S]
    apply: Callable[[Trace, S], Ruling]
    cases: tuple[Case, ...]


def response(reasoning: str, answer: str, **fields: Any) -> Trace:
    """Return a well-formed response to a prompt that opens `<think>`: for cases and tests."""
    text = f"{reasoning}</think>{answer}"
    return Trace(text=text, reasoning=reasoning, answer=answer, **fields)
