"""Plain numbers and quantities, read exactly: 1,234.5, 2 1/2, 6.0 x 10^-5, 12.5%, $3, 15 cm^2."""

import re
from dataclasses import dataclass
from fractions import Fraction

from distill.verify.math_text import MONEY
from distill.verify.math_units import Unit, read_unit

_DIGITS = r"(?:[1-9]\d{0,2}(?:(?:,\d{3})+|(?: \d{3})+)(?!\d)|\d+)(?:\.\d*)?|\.\d+"
_FRACTION = r"\\frac\{\s*(-?\d+)\s*\}\{\s*(-?\d+)\s*\}|(\d+)\s*/\s*(\d+)"
_NUMBER = re.compile(
    rf"(?P<sign>[-+]?)\s*(?P<money>[{MONEY}€£¥]?)\s*(?P<inner>[-+]?)\s*"
    rf"(?:(?P<whole>\d+)(?:\s+|(?=\\frac))(?:{_FRACTION.replace('(-?', '(')})(?![\d.])"
    rf"|(?:{_FRACTION})(?![\d.])"
    rf"|(?P<digits>{_DIGITS})(?![\d.]|,\d)"
    r"(?:\s*(?:\\times|\\cdot|\*|x)\s*10\s*\^\s*(?:\{\s*(?P<power>-?\d+)\s*\}|(?P<bare>-?\d+))"
    r"|[eE](?P<e>[-+]?\d+))?)"
)
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9}
_SCALE = re.compile(rf"\s*({'|'.join(_SCALES)})\b", re.IGNORECASE)
_PERCENT = re.compile(r"\s*(?:%|per\s?cent(?:age)?\b(?:\s+points?\b)?|pct\b)", re.IGNORECASE)
_REPEATING = re.compile(r"(-?)(\d*)\.(\d*)\\(?:overline|bar|dot)\{?(\d+)\}?(?:\s*%)?")
_GOES_ON = re.compile(r"(-?)(\d*)\.(\d*?)(\d{1,6}?)\4{2,}\\ldots(?:\s*%)?")
_COMPOUND = re.compile(r"(?<=[a-z])\s*(?:,|,?\s+and)?\s+(?=\d)")
_SPELLED = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
)
_NAMES = {name: value for value, name in enumerate(_SPELLED.split())}
MAX_DIGITS = 400
PLACES = 6
SIGNIFICANT = 5
"""Digits that a rounded decimal must show to stand for a fraction."""


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number as it was written; `unit` is None where none, or none that is known, was written."""

    value: Fraction
    decimals: int | None = None
    """Digits after the point, where it was written with one."""
    percent: bool = False
    unit: Unit | None = None


def read_number(text: str) -> Number | None:
    """Return the number or quantity that cleaned text is, all of it; None if it is something else.

    What follows a number must be words (an unknown unit is left out of account).
    """
    if len(text) > MAX_DIGITS:
        return None
    match = _NUMBER.match(text)
    if match is None:
        return _named(text)
    value, decimals = _value(match)
    if value is None:
        return None
    rest = text[match.end() :]
    if scale := _SCALE.match(rest):
        value, rest = value * _SCALES[scale[1].lower()], rest[scale.end() :]
    percent = _PERCENT.match(rest)
    if percent:
        rest = rest[percent.end() :]
    if not _only_words(rest):
        return None
    unit = read_unit(match["money"]) if match["money"] else read_unit(rest)
    return Number(value=value, decimals=decimals, percent=bool(percent), unit=unit)


def repeating(text: str) -> Number | None:
    r"""Return the number that 0.1\overline{6} is, or 0.1666\ldots."""
    match = _REPEATING.fullmatch(text) or _GOES_ON.fullmatch(text)
    if match is None or len(text) > MAX_DIGITS:
        return None
    whole, fixed, period = match[2] or "0", match[3], match[4]
    shown = Fraction(int(whole + fixed), 10 ** len(fixed))
    rest = Fraction(int(period), (10 ** len(period) - 1) * 10 ** len(fixed))
    value = (shown + rest) * (-1 if match[1] else 1)
    return Number(value=value, percent=text.endswith("%"))


def compound(text: str) -> Number | None:
    """Return the sum in 5 feet 3 inches or 1 hour and 30 minutes, the greater unit first."""
    parts = [read_number(part) for part in _COMPOUND.split(text)]
    units = [part.unit for part in parts if part and part.unit and not part.percent]
    if len(parts) < 2 or len(units) < len(parts) or len({unit[0] for unit in units}) > 1:
        return None
    sizes = [unit[1] for unit in units]
    if sizes != sorted(set(sizes), reverse=True):
        return None
    total = sum(part.value * size for part, size in zip(parts, sizes, strict=True) if part)
    return Number(value=total / sizes[-1], unit=units[-1])


def decimal_comma(text: str) -> Number | None:
    """Return the number in a text such as 2,74, which is also a list of two."""
    point = re.fullmatch(r"([^,]*\d),(\d+)([^,\d][^,]*)?", text)
    return read_number(f"{point[1]}.{point[2]}{point[3] or ''}") if point else None


def _named(text: str) -> Number | None:
    word, _, rest = text.partition(" ")
    if word.lower() not in _NAMES or not _only_words(rest):
        return None
    return Number(value=Fraction(_NAMES[word.lower()]), unit=read_unit(rest))


def _value(match: re.Match[str]) -> tuple[Fraction | None, int | None]:
    """Return what the digits say, and how many decimals they show."""
    sign = -1 if (match["sign"] + match["inner"]).count("-") == 1 else 1
    parts = [int(part) for part in match.groups()[3:] if part and _is_integer(part)]
    if match["digits"]:
        digits = match["digits"].replace(" ", "")
        digits = digits.replace(",", "")
        power = int(match["power"] or match["bare"] or match["e"] or 0)
        if abs(power) > MAX_DIGITS:
            return None, None
        places = len(digits.partition(".")[2]) if "." in digits else None
        value = Fraction(digits.rstrip(".") or "0") * Fraction(10) ** power
        return sign * value, None if places is None else max(0, places - power)
    *whole, above, below = parts
    if below == 0:
        return None, None
    return sign * (sum(whole) + Fraction(above, below)), None


def _is_integer(part: str) -> bool:
    return part.lstrip("-").isdigit()


_FUNCTIONS = r"sin|cos|tan|cot|sec|csc|log|ln|exp|lim|pi|sqrt|frac|arcsin|arccos|arctan"
_WORD = re.compile(
    rf"(?!(?:{_FUNCTIONS}|and|or|to|by|if|for|when|not)\b)"
    rf"([A-Za-z]{{2,}}+|[a-zA-Z](?![A-Za-z(])|{MONEY}|[¢€£¥]|°[CF]?)"
)
_LINKS = frozenset({"a", "an", "of", "is", "in", "sq", "cu"})
_BETWEEN = re.compile(r"[.'\"]?(?:\s*\^\s*(?:\{\s*-?\d\s*\}|-?\d))?(?P<gap>[\s/*,.()-]*)")


def _only_words(text: str) -> bool:
    """Whether text is units and nouns; 5ab and 5 x are products."""
    gap = re.match(r"[\s-]*", text)
    at, spaced = (gap.end() if gap else 0), bool(gap and gap[0])
    while at < len(text):
        word = _WORD.match(text, at)
        if word is None:
            return False
        known = read_unit(word[1]) is not None and (word[1] not in "mgslh" or spaced)
        noun = spaced and (len(word[1]) > 2 or (word[1] in _LINKS and text[word.end() :].strip()))
        if not known and not noun and word[1] not in "€£¥":
            return False
        between = _BETWEEN.match(text, word.end())
        at, spaced = (between.end(), bool(between["gap"])) if between else (word.end(), False)
    return True


def same_number(gold: Number, given: Number) -> bool:
    """Whether two numbers say the same; a unit counts where both have one."""
    if gold.unit and given.unit:
        if gold.unit[0] != given.unit[0]:
            return False
        return _close(
            gold,
            given,
            gold.value * gold.unit[1] / given.unit[1] if gold.unit != given.unit else None,
        )
    if gold.percent != given.percent:
        percent, other = (gold, given) if gold.percent else (given, gold)
        if percent.value == other.value:
            return abs(other.value) >= 1 or other.value == 0
        return percent.value / 100 == other.value
    return _close(gold, given, None)


def _close(gold: Number, given: Number, converted: Fraction | None) -> bool:
    """Compare exactly; a decimal may stand for a fraction that it rounds to many digits."""
    wanted = gold.value if converted is None else converted
    if wanted == given.value:
        return True
    if gold.decimals is None and given.decimals is None:
        return False
    places = min(n.decimals for n in (gold, given) if n.decimals is not None)
    both = gold.decimals is not None and given.decimals is not None
    digits = str(abs(int(given.value * 10**places)))
    near = abs(wanted - given.value) * 2 * 10**places <= 1
    enough = (PLACES, PLACES) if both or converted is not None else (SIGNIFICANT, SIGNIFICANT - 1)
    return near and len(digits) >= enough[0] and places >= enough[1]
