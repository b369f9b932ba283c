"""Comparing what a program printed with what it was to print."""

import math
import re

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
TOLERANCE, NEAR_ZERO = 1e-6, 1e-9
"""Relative and absolute, for numbers that the reference writes with a decimal point or exponent."""


def same_output(printed: str, expected: str) -> bool:
    """Return whether two outputs are the same, line by line.

    White space at the ends of lines and blank lines at the end do not count; nor does the number of
    spaces between words. Where the reference has a decimal number, a number within the tolerance
    will do.
    """
    ours, theirs = _lines(printed), _lines(expected)
    return len(ours) == len(theirs) and all(map(_same_line, ours, theirs))


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().splitlines()]


def _same_line(printed: str, expected: str) -> bool:
    if printed == expected:
        return True
    ours, theirs = printed.split(), expected.split()
    return len(ours) == len(theirs) and all(map(_same_word, ours, theirs))


def _same_word(printed: str, expected: str) -> bool:
    if printed == expected:
        return True
    numbers = _NUMBER.fullmatch(printed) and _NUMBER.fullmatch(expected)
    if not numbers or expected.lstrip("+-").isdigit():
        return False
    return math.isclose(float(printed), float(expected), rel_tol=TOLERANCE, abs_tol=NEAR_ZERO)
