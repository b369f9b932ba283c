"""Reading one value: a number, words, a choice, a ratio, a matrix, an expression with its unit.

Each reader returns None for what is not its own.
"""

import re
from dataclasses import replace
from fractions import Fraction

from distill.verify.math_forms import (
    INFINITY,
    MINUS_INFINITY,
    PROSE,
    RELATION,
    Based,
    Expression,
    Form,
    Interval,
    Items,
    Letter,
    Matrix,
    Measured,
    Ratio,
    Read,
    Words,
)
from distill.verify.math_numbers import Number, compound, read_number, repeating
from distill.verify.math_text import split_top
from distill.verify.math_units import read_unit

_WORDS = re.compile(r"[A-Za-z][A-Za-z'.-]*(?:[ ,/]+(?:[A-Za-z'.-]+|\d+))*")
_COLON = re.compile(r"\s*(?::|\\colon)\s*")
_SPOKEN = re.compile(
    r"(?:\\?[A-Za-z][\w'-]*[ ,]+)*?(?:is|are|equals?|becomes|answer|value|solutions?)\s*:?\s+(\S.*)"
    r"|(?:[A-Z]?[a-z]+[ ,]+)*[A-Z]?[a-z]{3,}\s*:\s*(\S.*)"
)
_BASED = re.compile(
    r"\(?([0-9A-Fa-f]+)\)?\s*(?:_\s*\{?\s*(\d{1,2})\s*\}?|\(?\s*\(?base\s+(\d{1,2})\)?)"
)
_LETTER = re.compile(r"\(([A-Z])\)|([A-Z])\)?|[\[{]([A-Z])[\]}]")
_CHOICE = re.compile(r"(?:\(([A-J])\)|([A-J])[.):])\s*(\S.*)")
_CLOCK = re.compile(r"(.*\d)\s*([ap])\.?\s?m\.?", re.IGNORECASE)
_GAP = re.compile(r"(?<=[\w)}])\s+(?=[A-Za-z])")
_ANGLED = re.compile(r"\\(?:sin|cos|tan|cot|sec|csc)(?![a-z])")
_MODULUS = re.compile(r"(.*\S)\s*(?:\\pmod\s*\{?\s*(\w+)\s*\}?|\(\s*mod (\w+)\))")
_ANY_UNIT = re.compile(r"(?:(?:square|sq\.?|cubic|cu\.?) )?units?")
_MATRIX = re.compile(r"\\begin\{([pbB]?matrix|array)\}(?:\{[lcr|]*\})?(.*)\\end\{\1\}", re.DOTALL)
_PLUS_MINUS = re.compile(r"\\(pm|mp)(?![a-z])\s*")
_SHORT = frozenset({"no", "up"})
_EMPTY = frozenset({"no solution", "no solutions", "none", "empty set", "no real solutions"})
_MISSING = frozenset({"dne", "does not exist"})
_HEDGE = re.compile(
    r"(?:(?:exactly|approximately|approx\.?|about|roughly|only|just)|(?:therefore|thus|hence|so),?)"
    r"\s+(?=\S)",
    re.IGNORECASE,
)
_REMARK = re.compile(r"\s*\((?!mod|base)[a-z]{3,}\s[^()]*(?:\([^()]*\)[^()]*)*\)")
_REALS = re.compile(r"(?:all|any) reals?(?: (?:numbers?|values?))?(?: (?:of )?[a-z])?")


def number(text: str, read: Read) -> Form | None:
    """Read a number or a quantity."""
    return read_number(text) or repeating(text) or compound(text)


def matrix(text: str, read: Read) -> Form | None:
    """Read a matrix; other environments are expressions."""
    if "\\\\" not in text and r"\begin" not in text:
        return None
    match = _MATRIX.fullmatch(text)
    if match is None or r"\begin" in match[2]:
        return Expression(text)
    rows = [row for row in match[2].split(r"\\") if row.strip()]
    return Matrix(tuple(tuple(read(cell) for cell in row.split("&")) for row in rows))


def letter(text: str, read: Read) -> Form | None:
    """Read the letter of a choice, and what stands behind it."""
    if match := _LETTER.fullmatch(text):
        return Letter(match[1] or match[2] or match[3])
    if match := _CHOICE.fullmatch(text):
        return Letter(match[1] or match[2], read(match[3]))
    return None


def based(text: str, read: Read) -> Form | None:
    """Read a numeral with its base."""
    match = _BASED.fullmatch(text)
    if match is None:
        return None
    digits, base = match[1], int(match[2] or match[3])
    try:
        int(digits, base)
    except ValueError:
        return None
    return Based(digits.lower(), base)


def words(text: str, read: Read) -> Form | None:
    """Read words; some mean a set."""
    spoken = text.lower().strip(" .")
    if spoken in _EMPTY or text in (r"\emptyset", r"\{\}", r"\{ \}"):
        return Words("no solution")
    if spoken in _MISSING:
        return Words("does not exist")
    if _REALS.fullmatch(spoken) or text in (r"\mathbb{R}", "R"):
        return Interval(True, MINUS_INFINITY, INFINITY, True)
    if not _WORDS.fullmatch(text) or not (PROSE.search(spoken) or spoken in _SHORT):
        return None
    if re.search(r",|\b(?:and|or|is|are)\b", text):
        return None
    words = [w for w in re.findall(r"[a-z']+|\d+", spoken) if w not in ("a", "an", "the")]
    return Words(" ".join(words))


def spoken(text: str, read: Read) -> Form | None:
    """Read what a sentence says: the answer is 5."""
    if hedge := _HEDGE.match(text):
        return read(text[hedge.end() :])
    if remark := _REMARK.search(text, 1):
        return read(text[: remark.start()]) if remark.end() == len(text) else None
    match = _SPOKEN.fullmatch(text)
    return read(match[1] or match[2]) if match else None


def ratio(text: str, read: Read) -> Form | None:
    """Read a ratio or a time of day."""
    clock = _CLOCK.fullmatch(text)
    parts = split_top(clock[1] if clock else text, _COLON)
    forms = [read_number(part.strip()) for part in parts]
    if (len(parts) < 2 and not clock) or any(form is None for form in forms):
        return None
    return Ratio(tuple(f for f in forms if f), f"{clock[2].lower()}m" if clock else "")


def measured(text: str, read: Read) -> Form | None:
    """Read an expression with its unit, or a residue with its modulus."""
    if modulus := _MODULUS.fullmatch(text):
        of, value = (f"modulo {modulus[2] or modulus[3]}", Fraction(1)), read(modulus[1])
        return replace(value, unit=of) if isinstance(value, Number) else Measured(value, of)
    if text.endswith("°") and text.count("°") == 1 and not _ANGLED.search(text):
        value = read(text[:-1])
        return Measured(value, read_unit("°")) if isinstance(value, Expression) else None
    for gap in _GAP.finditer(text):
        unit, rest = text[gap.end() :], text[: gap.start()]
        known = read_unit(unit) if len(re.findall("[A-Za-z]", unit)) > 1 else None
        if known or _ANY_UNIT.fullmatch(unit):
            value = read(rest)
            return Measured(value, known) if isinstance(value, Expression) else None
    return None


def plus_minus(text: str, read: Read) -> Form | None:
    r"""Read both values of a \pm b."""
    if len(_PLUS_MINUS.findall(text)) != 1 or RELATION.search(text):
        return None
    plus, minus = _PLUS_MINUS.sub("+", text), _PLUS_MINUS.sub("-", text)
    return Items((read(plus.removeprefix("+")), read(minus)))
