r"""Mathematics, by math-verify: symbolic comparison of the final answer with the reference.

The answer is what stands in \boxed{}; without one it is looked for in the whole answer text.
Gold: {"answer": str}.
"""

import logging
import re
from functools import lru_cache
from importlib.metadata import version
from itertools import product
from typing import Any

from distill.config.prompts import Verification
from distill.verify.base import Verdict, Verifier
from distill.verify.extract import boxes

_DELIMITED = re.compile(r"(?<!\\)\$|\\boxed|\\\(|\\\[")
MAX_CHARS = 20_000
"""Of an answer without a box only the end is searched: that is where answers stand."""


def _load(settings: Verification) -> None:
    import math_verify

    # It warns that its own deadlines are off. They are alarms, which hang with what they interrupt;
    # the pool's deadline is a kill.
    logging.getLogger(math_verify.__name__).setLevel(logging.ERROR)


def _parse(text: str, *, boxed: bool) -> list[Any]:
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse

    latex = LatexExtractionConfig(boxed_match_priority=0)
    targets = [latex] if boxed else [latex, ExprExtractionConfig()]
    parsed: list[Any] = parse(text, targets, parsing_timeout=None, raise_on_error=True)
    return parsed


@lru_cache(maxsize=1024)
def _parse_gold(text: str) -> list[Any]:
    return _parse(text if _DELIMITED.search(text) else f"\\boxed{{{text}}}", boxed=False)


def _check(answer: str, gold: dict[str, Any]) -> Verdict:
    try:
        wanted = _parse_gold(gold["answer"])
    except Exception as error:
        return Verdict(decision="undecided", reason=f"gold: {type(error).__name__}")
    if not wanted:
        return Verdict(decision="undecided", reason="gold does not parse")
    found = boxes(answer)
    text = answer[found[0].begin : found[-1].end] if found else answer[-MAX_CHARS:]
    given = _parse(text, boxed=bool(found))
    extracted = found[-1].content if found else next((p for p in given if isinstance(p, str)), None)
    if not given:
        return Verdict(decision="wrong", reason="no answer in the text", extracted=extracted)
    return _compare(wanted, given, extracted)


def _compare(wanted: list[Any], given: list[Any], extracted: str | None) -> Verdict:
    """Compare every reading of the one with every reading of the other."""
    from math_verify import verify

    raised = None
    for pair in product(wanted, given):
        try:
            if verify(*pair, timeout_seconds=None, raise_on_error=True):
                return Verdict(decision="correct", score=1.0, reason="equal", extracted=extracted)
        except Exception as error:
            raised = error
    if raised is not None:
        reason = f"comparison: {type(raised).__name__}"
        return Verdict(decision="undecided", reason=reason, extracted=extracted)
    if all(isinstance(reading, str) for reading in wanted):
        return Verdict(decision="undecided", reason="gold does not parse", extracted=extracted)
    return Verdict(decision="wrong", score=0.0, reason="different", extracted=extracted)


def _check_gold(gold: Any) -> str | None:
    if not isinstance(gold, dict) or not isinstance(gold.get("answer"), str):
        return 'must be {"answer": text}'
    return None if gold["answer"].strip() else "is blank"


VERIFIER = Verifier(
    name="math",
    version=lambda: f"1/math-verify-{version('math-verify')}",
    settings={"max_chars": MAX_CHARS},
    load=_load,
    check=_check,
    check_gold=_check_gold,
)
