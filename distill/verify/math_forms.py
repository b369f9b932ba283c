"""The forms of an answer: number, words, interval, list, tuple, named value, or expression."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from distill.verify.math_numbers import Number
from distill.verify.math_units import Unit

_KNOWN = (
    r"sin|cos|tan|cot|sec|csc|log|ln|lg|exp|lim|max|min|gcd|lcm|mod|arcsin|arccos|arctan|sinh|cosh"
    r"|tanh|pi|theta|alpha|beta|gamma|lambda|phi|omega|sqrt|abs|frac|cup|cap|det|deg|dim|ker|arg|inf|sup"
)
PROSE = re.compile(rf"(?<![\\A-Za-z])(?!(?:{_KNOWN})(?![a-z]))[A-Za-z][a-z]{{2,}}(?![a-z])")
RELATION = re.compile(
    r"=|<|>|\\le(?![a-z])|\\ge(?![a-z])|\\ne(?![a-z])|\\in(?![a-z])|\\equiv|\\sim"
)


@dataclass(frozen=True)
class Words:
    """Words, or the letter of a choice; `text` is in lower case, without articles."""

    text: str


@dataclass(frozen=True)
class Letter:
    """The letter of a choice, and what stands behind it, if anything: (C) 12."""

    letter: str
    content: "Form | None" = None


@dataclass(frozen=True)
class Based:
    """A numeral with its base: 52_8."""

    digits: str
    base: int

    @property
    def value(self) -> int:
        """The number."""
        return int(self.digits, self.base)


@dataclass(frozen=True)
class Interval:
    """An interval of real numbers."""

    left_open: bool
    left: "Form"
    right: "Form"
    right_open: bool


@dataclass(frozen=True)
class Union:
    """Intervals and finite sets together."""

    parts: tuple["Form", ...]


@dataclass(frozen=True)
class Items:
    """Several values. Brackets: ( keeps the order, { is a set, nothing is a list."""

    items: tuple["Form", ...]
    bracket: str = ""
    decimal: Number | None = None
    """What it is if its comma is a decimal one: 2,74."""


@dataclass(frozen=True)
class Ratio:
    """Numbers with colons between: 3:4, 9:30."""

    parts: tuple["Form", ...]
    half: str = ""
    """am or pm, where it is a time of day."""


@dataclass(frozen=True)
class Named:
    """A value with its name: x = 5, f(x) = 2x, AB = 3."""

    name: str
    value: "Form"


@dataclass(frozen=True)
class Matrix:
    """Rows of entries."""

    rows: tuple[tuple["Form", ...], ...]


@dataclass(frozen=True)
class Measured:
    """An expression with its unit, or with one that is not known."""

    value: "Form"
    unit: Unit | None


@dataclass(frozen=True)
class Either:
    """An exact value and its approximation."""

    forms: tuple["Form", ...]


@dataclass(frozen=True)
class Expression:
    """Anything else."""

    text: str

    @property
    def plain(self) -> bool:
        """Whether it states one value: no relation and no words that a parser would multiply."""
        return not RELATION.search(self.text) and not PROSE.search(self.text)


INFINITY, MINUS_INFINITY = Expression(r"\infty"), Expression(r"-\infty")

Form = (
    Number
    | Words
    | Letter
    | Based
    | Interval
    | Union
    | Items
    | Ratio
    | Named
    | Matrix
    | Measured
    | Either
    | Expression
)
Read = Callable[[str], Form]
"""Reads a part of an answer."""


def as_interval(form: Form) -> Form:
    """Return (a, b) as the open interval that it may be."""
    if isinstance(form, Items) and form.bracket == "(" and len(form.items) == 2:
        return Interval(True, form.items[0], form.items[1], True)
    return form
