"""What a verifier is asked, and what it answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from distill.config.prompts import Verification

Decision = Literal["correct", "wrong", "undecided"]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a verifier decided.

    A crash, a time-out or a broken gold is undecided, never wrong.
    """

    decision: Decision
    reason: str
    """Why, in a few words that can be counted."""
    score: float | None = None
    """From 0 to 1, where the verifier gives one."""
    extracted: str | None = None
    """The part of the answer that was compared."""
    milliseconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Check:
    """One question to a verifier."""

    key: Any
    """Names the question; the verdict comes back with it."""
    verifier: str
    """Name in the registry."""
    answer: str | None
    """The answer that a model gave, its reasoning left out; None where there is none."""
    gold: dict[str, Any]
    """The reference, in the shape that the verifier states."""


@dataclass(frozen=True, kw_only=True)
class Verifier:
    """A kind of check."""

    name: str
    version: Callable[[], str]
    """The rule's own version with its library's; another version means checking again."""
    settings: dict[str, Any]
    """Constants of the rule that can change a verdict."""
    load: Callable[[Verification], object]
    """Gets ready, given the recipe's settings: once a worker, outside every deadline."""
    check: Callable[[str, dict[str, Any]], Verdict]
    """check(answer, gold) for an answer that is not blank; may raise and may hang."""
    check_gold: Callable[[Any], str | None]
    """What is wrong with a gold's shape, or None."""
    require: Callable[[], object] = lambda: None
    """Raises a UserError that names the way out if this machine cannot run the check."""
