r"""Mathematics: the final answer compared with the reference, by form and then by math-verify.

What the answer states in \boxed{}, in tags or in announcing words is read as a number, interval,
list and so on, and compared part by part. Where no rule knows, math-verify compares the two.
Gold: {"answer": str}.
"""

import logging
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from itertools import product
from typing import Any

from distill.config.prompts import Verification
from distill.verify.base import Verdict, Verifier
from distill.verify.extract import announces, boxed_group, boxes, stated
from distill.verify.math_compare import same
from distill.verify.math_forms import Expression, Form
from distill.verify.math_read import read
from distill.verify.math_text import clean, tight

_DELIMITED = re.compile(r"(?<!\\)\$|\\boxed|\\\(|\\\[")
_TOLD = re.compile(r"(?=.*[\d\\]).*[a-z]{2,}\s+[a-z]{2,}\s+[a-z]{2,}\s+[a-z]{2,}", re.DOTALL)
MAX_CHARS = 20_000
"""Of an answer without a box only the end is searched: that is where answers stand."""


def _load(settings: Verification) -> None:
    import math_verify

    # It warns that its own deadlines are off. They are alarms, which hang with what they interrupt;
    # the pool's deadline is a kill.
    logging.getLogger(math_verify.__name__).setLevel(logging.ERROR)


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
    return _parse(text if _DELIMITED.search(text) else f"\\boxed{{{text}}}", boxed=False)


def _check(answer: str, gold: dict[str, Any]) -> Verdict:
    reference = _reference(gold["answer"])
    found = stated(answer)
    if found is not None:
        shown, text = found.text, clean(found.text)
        alike = tight(text) == tight(reference.text) and bool(text)
        equal = alike or same(reference.form, read(text))
        if equal:
            return Verdict(decision="correct", score=1.0, reason="equal", extracted=shown)
        if equal is False and found.certain:
            return Verdict(decision="wrong", score=0.0, reason="different", extracted=shown)
    return _by_library(answer, gold["answer"])


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A gold, read."""

    text: str
    form: Form


@lru_cache(maxsize=1024)
def _reference(gold: str) -> Reference:
    boxed = boxed_group(gold)
    text = clean(boxed.text if boxed else gold)
    sure = boxed.certain if boxed else not _TOLD.search(text)
    return Reference(text=text, form=read(text) if sure else Expression(f"told: {text}"))


def _by_library(answer: str, gold: str) -> Verdict:
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
    if _broken(wanted):
        return Verdict(decision="undecided", reason="gold does not parse", extracted=extracted)
    return Verdict(decision="wrong", score=0.0, reason="different", extracted=extracted)


def _broken(wanted: list[Any]) -> bool:
    return all(isinstance(reading, str) for reading in wanted)


def _check_gold(gold: Any) -> str | None:
    if not isinstance(gold, dict) or not isinstance(gold.get("answer"), str):
        return 'must be {"answer": text}'
    return None if gold["answer"].strip() else "is blank"


VERIFIER = Verifier(
    name="math",
    version=lambda: f"2/math-verify-{version('math-verify')}",
    settings={"max_chars": MAX_CHARS},
    load=_load,
    check=_check,
    check_gold=_check_gold,
)
