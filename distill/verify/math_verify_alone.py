"""math-verify as it comes: a second opinion, and what our own rules are measured beside.

Gold: {"answer": str}, as for `math`.
"""

from importlib.metadata import version
from typing import Any

from distill.verify import math
from distill.verify.base import Verdict, Verifier
from distill.verify.math_library import DELIMITED


def _check(answer: str, gold: dict[str, Any]) -> Verdict:
    from math_verify import parse, verify

    reference = gold["answer"]
    text = reference if DELIMITED.search(reference) else f"${reference}$"
    wanted = parse(text, parsing_timeout=None)
    given = parse(answer, parsing_timeout=None)
    if not wanted:
        return Verdict(decision="undecided", reason="gold does not parse")
    if verify(wanted, given, timeout_seconds=None):
        return Verdict(decision="correct", score=1.0, reason="equal")
    return Verdict(decision="wrong", score=0.0, reason="different")


VERIFIER = Verifier(
    name="math-verify",
    version=lambda: f"1/math-verify-{version('math-verify')}",
    settings={},
    load=math.VERIFIER.load,
    check=_check,
    check_gold=math.VERIFIER.check_gold,
)
