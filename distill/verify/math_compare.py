"""Whether two forms of an answer say the same: True, False, or None where no rule knows."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from distill.verify.math_forms import (
    Based,
    Either,
    Expression,
    Form,
    Interval,
    Items,
    Letter,
    Matrix,
    Measured,
    Named,
    Ratio,
    Union,
    Words,
    as_interval,
)
from distill.verify.math_library import equal_latex
from distill.verify.math_numbers import Number, same_number
from distill.verify.math_plain import to_latex
from distill.verify.math_text import as_latex, tight
from distill.verify.math_units import read_unit

Answer = bool | None
_FUNCTION = re.compile(r"[a-z]\(x\)")
DEGREES = read_unit("°")
MAX_ITEMS = 60


def same(gold: Form, given: Form) -> Answer:
    """Compare what a model gave with the reference; it is not symmetric in what may be left out."""
    if isinstance(gold, Either) or isinstance(given, Either):
        wanted = gold.forms if isinstance(gold, Either) else (gold,)
        found = given.forms if isinstance(given, Either) else (given,)
        return _any(same(a, b) for a in wanted for b in found)
    if isinstance(gold, Named) or isinstance(given, Named):
        return _named(gold, given)
    if isinstance(gold, Letter) or isinstance(given, Letter):
        return _letters(gold, given)
    if isinstance(gold, Measured) or isinstance(given, Measured):
        return _measured(gold, given)
    if isinstance(gold, Interval | Union) or isinstance(given, Interval | Union):
        return _intervals(as_interval(gold), as_interval(given))
    match gold, given:
        case Number(), Number():
            return same_number(gold, given)
        case Words(), Words():
            return _words(gold.text, given.text)
        case _, Words(text=text) if text.startswith("not "):
            return False
        case Based(), Based():
            return gold.value == given.value
        case Ratio(), Ratio():
            return _ratios(gold, given)
        case Matrix(), Matrix():
            return _matrices(gold, given)
        case Matrix(), Items(bracket="("):
            return _ordered(vector, given.items) if (vector := _vector(gold)) else None
        case Items(bracket="("), Matrix():
            return _ordered(gold.items, vector) if (vector := _vector(given)) else None
        case ((Number() | Expression()), (Number() | Expression())):
            return _expressions(gold, given)
        case ((Items() | Number() | Expression()), (Items() | Number() | Expression())):
            return _items(gold, given)
    return None


def _all(answers: Iterable[Answer]) -> Answer:
    unknown = False
    for answer in answers:
        if answer is False:
            return False
        unknown = unknown or answer is None
    return None if unknown else True


def _any(answers: Iterable[Answer]) -> Answer:
    unknown = False
    for answer in answers:
        if answer:
            return True
        unknown = unknown or answer is None
    return None if unknown else False


def _named(gold: Form, given: Form) -> Answer:
    """Compare values; a name counts where both have one."""
    wanted = gold.value if isinstance(gold, Named) else gold
    found = given.value if isinstance(given, Named) else given
    if isinstance(gold, Named) and isinstance(given, Named) and gold.name != given.name:
        equal = same(wanted, found)
        if equal and len(gold.name) == len(given.name) == 1:
            return False
        if equal and sorted((gold.name, given.name))[1] == "y":  # the graph of a function
            return True if _FUNCTION.fullmatch(min(gold.name, given.name)) else None
        return None if equal or _has_names(wanted) or _has_names(found) else equal
    if _states_relation(wanted) or _states_relation(found):
        return None
    return same(wanted, found)


def _has_names(form: Form) -> bool:
    """Whether a value may hold variables, so that y = 2x can also be x = y/2."""
    return not isinstance(form, Number | Interval | Words)


def _states_relation(form: Form) -> bool:
    return isinstance(form, Expression) and not form.plain


def _letters(gold: Form, given: Form) -> Answer:
    """Compare choices; where the reference is no letter, what stands behind the given one."""
    if isinstance(gold, Letter) and isinstance(given, Letter):
        return gold.letter == given.letter
    content = gold.content if isinstance(gold, Letter) else gold
    found = given.content if isinstance(given, Letter) else given
    return same(content, found) if content and found else None


def _measured(gold: Form, given: Form) -> Answer:
    """Compare values; units count where both have one, and degrees are not for multiples of pi."""
    one = gold.unit if isinstance(gold, Measured | Number) else None
    other = given.unit if isinstance(given, Measured | Number) else None
    value = gold.value if isinstance(gold, Measured) else gold
    found = given.value if isinstance(given, Measured) else given
    if one and other and one[0] != other[0]:
        return False
    if one != other and DEGREES in (one, other) and r"\pi" in _text(value) + _text(found):
        return False
    if isinstance(value, Number):
        value = replace(value, unit=None)
    if isinstance(found, Number):
        found = replace(found, unit=None)
    equal = same(value, found)
    if one and other and one != other:
        return False if equal else None
    return equal


def _text(form: Form) -> str:
    return form.text if isinstance(form, Expression) else ""


def _words(gold: str, given: str) -> Answer:
    one, other = gold.replace(" ", ""), given.replace(" ", "")
    if one == other:
        return True
    return None if max(len(one), len(other)) <= 3 else False  # xyz may be a product


def _intervals(gold: Form, given: Form) -> Answer:
    if isinstance(gold, Interval) and isinstance(given, Interval):
        if (gold.left_open, gold.right_open) != (given.left_open, given.right_open):
            return False
        return _all([same(gold.left, given.left), same(gold.right, given.right)])
    if isinstance(gold, Number) or isinstance(given, Number):
        return False
    if not isinstance(gold, Interval | Union) or not isinstance(given, Interval | Union):
        return None
    return _unordered(
        gold.parts if isinstance(gold, Union) else (gold,),
        given.parts if isinstance(given, Union) else (given,),
    )


def _items(gold: Form, given: Form) -> Answer:
    if isinstance(gold, Items) and isinstance(given, Items):
        return _two_lists(gold, given)
    one, other = (gold, given) if isinstance(gold, Items) else (given, gold)
    if not isinstance(one, Items) or not isinstance(other, Number):
        return None
    if one.decimal:
        long = (one.decimal.decimals or 0) > 1 or abs(one.decimal.value) < 1
        if one is given or long:  # a reference such as 2,5 is two numbers
            return same_number(one.decimal, other)
    return one.bracket == "" and _all(same(item, other) for item in one.items) is True


def _two_lists(gold: Items, given: Items) -> Answer:
    brackets = {gold.bracket, given.bracket}
    if brackets == {"(", "{"}:
        return False
    one, other = (gold, given) if gold.bracket == "(" else (given, gold)
    names = [form.name for form in other.items if isinstance(form, Named)]
    if one.bracket == "(" and (gold is one or len(set(names)) > 1):
        equal = _ordered(gold.items, given.items)
        surely = names == sorted(names) or len(names) < len(other.items)
        return equal if equal or surely else None  # y = 2, x = 1 may be (1, 2)
    return _unordered(gold.items, given.items)


def _ordered(gold: Sequence[Form], given: Sequence[Form]) -> Answer:
    if len(gold) != len(given):
        return False
    return _all(same(a, b) for a, b in zip(gold, given, strict=True))


def _unordered(gold: Sequence[Form], given: Sequence[Form]) -> Answer:
    """Find for each of the one an equal one of the other."""
    if max(len(gold), len(given)) > MAX_ITEMS:
        return None
    if len(gold) != len(given):
        return None if len(set(gold)) == len(set(given)) else False
    left, unknown = list(given), False
    for wanted in gold:
        if wanted in left:
            left.remove(wanted)
            continue
        answers = [same(wanted, found) for found in left]
        if True in answers:
            del left[answers.index(True)]
        elif None in answers:
            unknown = True
        else:
            return False
    return None if unknown else True


def _ratios(gold: Ratio, given: Ratio) -> Answer:
    """Times of day must be equal, ratios proportional."""
    if gold.half or given.half:
        halves = {gold.half, given.half} - {""}
        one, other = _clock(gold), _clock(given)
        return len(halves) == 1 and one == other
    values = [[p.value for p in r.parts if isinstance(p, Number)] for r in (gold, given)]
    one, other = values
    if len(one) != len(other) or 0 in one + other:
        return one == other
    return all(a * other[0] == b * one[0] for a, b in zip(one, other, strict=True))


def _clock(time: Ratio) -> list[Any]:
    values = [part.value for part in time.parts if isinstance(part, Number)]
    return values + [0] * (3 - len(values))


def _vector(matrix: Matrix) -> tuple[Form, ...] | None:
    """Return the entries of a row or a column."""
    if len(matrix.rows) == 1:
        return matrix.rows[0]
    return (
        tuple(row[0] for row in matrix.rows) if {len(row) for row in matrix.rows} == {1} else None
    )


def _matrices(gold: Matrix, given: Matrix) -> Answer:
    if [len(row) for row in gold.rows] != [len(row) for row in given.rows]:
        return False
    return _all(_ordered(a, b) for a, b in zip(gold.rows, given.rows, strict=True))


def _expressions(gold: Number | Expression, given: Number | Expression) -> Answer:
    one, other = _latex(gold), _latex(given)
    if one is None or other is None:
        return None
    return tight(one) == tight(other) or equal_latex(one, other)


def _latex(form: Number | Expression) -> str | None:
    if isinstance(form, Expression):
        return to_latex(as_latex(form.text)) if form.plain and form.text else None
    if form.percent:
        return None
    if form.decimals:
        scaled = abs(int(form.value * 10**form.decimals))
        digits = f"{scaled:0{form.decimals + 1}d}"
        sign = "-" if form.value < 0 else ""
        return f"{sign}{digits[: -form.decimals]}.{digits[-form.decimals :]}"
    above, below = form.value.numerator, form.value.denominator
    return str(above) if below == 1 else f"\\frac{{{above}}}{{{below}}}"
