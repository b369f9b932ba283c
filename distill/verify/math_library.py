r"""What is left to math-verify: two expressions, or an answer that no rule could read.

Its own time-outs are off: they are alarms, which hang with what they interrupt and work in the main
thread only. The pool's deadline is a kill.
"""

import re
from functools import lru_cache
from itertools import product
from typing import Any

from distill.verify.base import Verdict
from distill.verify.extract import announces, boxes

DELIMITED = re.compile(r"(?<!\\)\$|\\boxed|\\\(|\\\[")
"""A reference that says itself where its mathematics begins."""
NEAR = 1e-4
"""How far apart, in proportion, numbers may be that math-verify calls equal."""
MAX_CHARS = 20_000
"""Of an answer without a box only the end is searched: that is where answers stand."""


def equal_latex(gold: str, given: str) -> bool | None:
    """Ask math-verify; None where it cannot read one of them or fails."""
    try:
        one, other = _parsed(gold), _parsed(given)
        return None if one is None or other is None else _agree(one, other)
    except Exception:
        return None


def _agree(gold: Any, given: Any) -> bool:
    from math_verify import verify

    equal = verify(gold, given, timeout_seconds=None, raise_on_error=True)
    return bool(equal) and not _far(gold, given)


def _far(gold: Any, given: Any) -> bool:
    """Whether two numbers differ in proportion: it rounds to six places, so 1e-7 is 2e-7 to it."""
    if not (getattr(gold, "is_number", False) and getattr(given, "is_number", False)):
        return False
    try:
        one, other = gold.evalf(30), given.evalf(30)
        less, more = sorted((abs(one), abs(other)))
        is_percentage = abs(more - 100 * less) <= NEAR * more
        return bool(abs(one - other) > NEAR * more) and not is_percentage
    except Exception:  # infinities, sets
        return False


@lru_cache(maxsize=2048)
def _parsed(latex: str) -> Any:
    """Return what math-verify makes of one expression."""
    from math_verify import LatexExtractionConfig, parse

    readings = parse(
        f"${latex}$", [LatexExtractionConfig()], parsing_timeout=None, raise_on_error=True
    )
    return next((reading for reading in readings if not isinstance(reading, str)), None)


def by_library(answer: str, gold: str) -> Verdict:
    """Return math-verify's verdict on a whole answer; may raise."""
    try:
        wanted = _parse_gold(gold)
    except Exception as error:
        return Verdict(decision="undecided", reason=f"gold: {type(error).__name__}")
    given = _parse(*_searched(answer))
    extracted = next((p for p in given if isinstance(p, str)), None)
    if not given and not _broken(wanted):
        return Verdict(decision="wrong", reason="no answer in the text", extracted=extracted)
    return _compare(wanted, given, extracted)


def _compare(wanted: list[Any], given: list[Any], extracted: str | None) -> Verdict:
    """Compare every reading of the one with every reading of the other."""
    raised = None
    for pair in product(wanted, given):
        try:
            if _agree(*pair):
                return Verdict(decision="correct", score=1.0, reason="equal", extracted=extracted)
        except Exception as error:
            raised = error
    if raised is not None:
        reason = f"comparison: {type(raised).__name__}"
        return Verdict(decision="undecided", reason=reason, extracted=extracted)
    if _broken(wanted):
        return Verdict(decision="undecided", reason="gold does not parse", extracted=extracted)
    return Verdict(decision="wrong", score=0.0, reason="different", extracted=extracted)


def _broken(wanted: list[Any]) -> bool:
    return all(isinstance(reading, str) for reading in wanted)


def _parse(text: str, boxed: bool) -> list[Any]:
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse

    if boxed:
        targets = [LatexExtractionConfig(boxed_match_priority=0)]
    else:
        targets = [LatexExtractionConfig(), ExprExtractionConfig()]
    parsed: list[Any] = parse(text, targets, parsing_timeout=None, raise_on_error=True)
    return parsed


def _searched(answer: str) -> tuple[str, bool]:
    """Return where math-verify is to look: among the boxes, unless an answer is announced later."""
    found = boxes(answer)
    if not found or announces(answer[found[-1].end :]):
        return answer[-MAX_CHARS:], False
    return answer[found[0].begin : found[-1].end], True


@lru_cache(maxsize=1024)
def _parse_gold(text: str) -> list[Any]:
    return _parse(text if DELIMITED.search(text) else f"\\boxed{{{text}}}", boxed=False)
