"""Units of measurement in answers: which are the same, and how one converts into another."""

import re
from fractions import Fraction

Unit = tuple[str, Fraction]
"""What is measured, and how many of the base unit it is."""

_TABLE = {
    "length": {
        "mm millimeter millimetre": "1/1000", "cm centimeter centimetre": "1/100",
        "dm decimeter": "1/10", "m meter metre": "1", "km kilometer kilometre": "1000",
        "in inch inche": "127/5000", "ft foot feet": "381/1250", "yd yard": "1143/1250",
        "mi mile": "201168/125",
    },
    "mass": {
        "mg milligram": "1/1000", "g gram": "1", "kg kilogram": "1000", "ton tonne": "1000000",
        "oz ounce": "45359237/1600000", "lb pound": "45359237/100000",
    },
    "time": {
        "ms millisecond": "1/1000", "s sec second": "1", "min minute": "60", "h hr hour": "3600",
        "day": "86400", "week": "604800",
    },
    "long time": {"month": "1", "yr year": "12"},
    "volume": {
        "ml milliliter millilitre cc": "1/1000000", "l liter litre": "1/1000",
        "cup": "473176473/2000000000000", "pint": "473176473/1000000000000",
        "quart": "473176473/500000000000", "gallon gal": "473176473/125000000000",
    },
    "money": {"¤ dollar usd buck": "1", "¢ cent": "1/100"},
    "angle": {"° degree deg": "1"},
    "turn": {"rad radian": "1"},
    "celsius": {"°c": "1"},
    "fahrenheit": {"°f": "1"},
}  # fmt: skip
_TEMPERATURE = re.compile(r"(?:°|degrees?)\s*([cf])(?:elsius|ahrenheit)?\b")
_POWERS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
_WORD = re.compile(r"([a-z¤¢°]+)\.?(?:\s*\^\s*\{?(-?\d)\}?)?|(/|\bper\b)|[\s*\\{}-]+|\\cdot")


def _units() -> dict[str, Unit]:
    found = {}
    for dimension, names in _TABLE.items():
        for spellings, factor in names.items():
            for name in spellings.split():
                found[name] = (dimension, Fraction(factor))
    return found


UNITS = _units()


def read_unit(text: str) -> Unit | None:
    """Return a unit such as `cm^2`, `square feet` or `miles per hour`; None if it is not known."""
    text = _TEMPERATURE.sub(r"°\1", text.lower()).replace("mph", "mi/h").replace("kph", "km/h")
    dimensions: dict[str, int] = {}
    factor, side, power, at = Fraction(1), 1, 1, 0
    while at < len(text):
        match = _WORD.match(text, at)
        if match is None:
            return None
        at = match.end()
        word = match[1]
        if match[3] or word == "per":
            side = -1
        elif word in _POWERS:
            power = _POWERS[word]
        elif word:
            unit = UNITS.get(word) or UNITS.get(word.removesuffix("s"))
            if unit is None:
                return None
            exponent = side * power * int(match[2] or 1)
            name, number = ("length", 3 * exponent) if unit[0] == "volume" else (unit[0], exponent)
            dimensions[name] = dimensions.get(name, 0) + number
            factor *= unit[1] ** exponent
            power = 1
    left = {name: number for name, number in dimensions.items() if number}
    if not left:
        return None
    return " ".join(f"{name}^{number}" for name, number in sorted(left.items())), factor
