"""Values that cross from process to process as data: decoding one runs no code of the sender's.

What is not plain (a function, an instance of a class) stays where it is and crosses as a number.
"""

from collections import deque
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

_SEQUENCES: dict[str, Any] = {
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "deque": deque,
}
_TEXTS: dict[str, Callable[[str], Any]] = {
    "Decimal": Decimal,
    "Fraction": Fraction,
    "complex": complex,
    "bytes": bytes.fromhex,
    "bytearray": bytearray.fromhex,
    "int": lambda text: int(text, 16),
}


def encode(value: Any, number: Callable[[Any], int]) -> Any:
    """Return a value as JSON data; subclasses become what they are made of.

    Args:
        value: anything.
        number: names what is not plain, or raises.

    Raises:
        RecursionError: if it is nested too deep, or holds itself.
    """
    if value is None or isinstance(value, bool | float | str):
        return value
    if isinstance(value, int):
        return int(value) if abs(value) < 1 << 63 else ["int", hex(value)]
    if isinstance(value, dict):
        pairs = [[encode(key, number), encode(item, number)] for key, item in value.items()]
        return ["dict", *pairs]
    for name, kind in _SEQUENCES.items():
        if isinstance(value, kind):
            return [name, *(encode(item, number) for item in value)]
    if isinstance(value, range):
        return ["range", *(encode(edge, number) for edge in (value.start, value.stop, value.step))]
    if isinstance(value, bytes | bytearray):
        return [type(value).__name__, value.hex()]
    if isinstance(value, Decimal | Fraction | complex):
        return [type(value).__name__, str(value)]
    return ["object", number(value)]


def decode(data: Any, find: Callable[[int], Any]) -> Any:
    """Return the value of JSON data, made of Python's own types only.

    Args:
        data: from encode(); anything, if who sent it is not trusted.
        find: returns what stands for a number.

    Raises:
        Exception: of any kind, for data that encode() does not make.
    """
    if not isinstance(data, list):
        return data
    kind, *items = data
    if kind in _SEQUENCES:
        return _SEQUENCES[kind](decode(item, find) for item in items)
    if kind == "range":
        return range(*(decode(edge, find) for edge in items))
    if kind == "dict":
        return {decode(key, find): decode(item, find) for key, item in items}
    return find(items[0]) if kind == "object" else _TEXTS[kind](items[0])
