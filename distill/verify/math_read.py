"""From the text of an answer to its form."""

from functools import partial

from distill.verify import math_sets, math_values
from distill.verify.math_forms import Expression, Form
from distill.verify.math_text import bare

MAX_DEPTH = 8
MAX_CHARS = 2000
_READERS = (
    math_values.matrix,
    math_values.number,
    math_values.letter,
    math_values.based,
    math_sets.union,
    math_sets.bracketed,
    math_values.spoken,
    math_values.words,
    math_sets.listed,
    math_sets.relation,
    math_values.ratio,
    math_sets.approximate,
    math_values.measured,
    math_values.plus_minus,
)
"""In order: the first that knows a text has it."""


def read(text: str, depth: int = 0) -> Form:
    """Return the form of cleaned mathematics; what is too long or too deep is an Expression."""
    text = bare(text)
    if len(text) > MAX_CHARS or depth > MAX_DEPTH or not text:
        return Expression(text)
    inner = partial(read, depth=depth + 1)
    for reader in _READERS:
        form = reader(text, inner)
        if form is not None:
            return form
    return Expression(text)
