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
from typing import Any

from distill.config.prompts import Verification
from distill.verify.base import Verdict, Verifier
from distill.verify.extract import boxed_group, stated
from distill.verify.math_compare import same
from distill.verify.math_forms import Expression, Form
from distill.verify.math_library import MAX_CHARS, by_library
from distill.verify.math_read import read
from distill.verify.math_text import clean, tight

_TOLD = re.compile(r"(?=.*[\d\\]).*[a-z]{2,}\s+[a-z]{2,}\s+[a-z]{2,}\s+[a-z]{2,}", re.DOTALL)


def _load(settings: Verification) -> None:
    import math_verify

    # It warns that its own deadlines are off; the pool's is in force.
    logging.getLogger(math_verify.__name__).setLevel(logging.ERROR)


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
    return by_library(answer, gold["answer"])


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
