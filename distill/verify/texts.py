"""Text: the same words (exact), or nearly the same (fuzzy).

Gold: {"answer": text}, or {"answers": [text, ...]} where any of them will do.
"""

import re
import unicodedata
from difflib import SequenceMatcher
from typing import Any

from distill.verify.base import Verdict, Verifier
from distill.verify.extract import final_answer, unwrap

ALIKE = 0.9
"""Share of matching characters from which two texts are nearly the same: a letter in ten."""
MAX_CHARS = 4000
_SMALL = frozenset({"a", "an", "the"})
_DECISIVE = re.compile(r"\d+(?:[.,]\d+)*|\b(?:not?|never|none|neither|nor|without|un\w+|\w+n't)\b")
"""Numbers and negations: a text that differs in one says something else."""


def plain(text: str) -> str:
    """Return a text in lower case, with single spaces, without marks around it or at its end."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.split()).strip(" .,;:!?\"'`*")


def _references(gold: dict[str, Any]) -> list[str]:
    return [gold["answer"]] if "answer" in gold else gold["answers"]


def _exact(answer: str, gold: dict[str, Any]) -> Verdict:
    shown = ""
    for reference in _references(gold):
        shown = final_answer(answer, num_lines=len(reference.strip().splitlines()))
        if plain(shown) == plain(unwrap(reference)):
            return Verdict(decision="correct", score=1.0, reason="equal", extracted=shown)
    return Verdict(decision="wrong", score=0.0, reason="different", extracted=shown)


def _fuzzy(answer: str, gold: dict[str, Any]) -> Verdict:
    best, shown = 0.0, ""
    for reference in _references(gold):
        shown = final_answer(answer, num_lines=len(reference.strip().splitlines()))
        best = max(best, _likeness(_words(reference), _words(shown)))
    if best >= ALIKE:
        return Verdict(decision="correct", score=best, reason="alike", extracted=shown)
    return Verdict(decision="wrong", score=best, reason="different", extracted=shown)


def _words(text: str) -> str:
    words = re.findall(r"[^\W_]+(?:[.,'][^\W_]+)*", plain(text)[:MAX_CHARS])
    return " ".join(word for word in words if word not in _SMALL) or plain(text)


def _likeness(reference: str, given: str) -> float:
    if sorted(_DECISIVE.findall(reference)) != sorted(_DECISIVE.findall(given)):
        return 0.0
    return SequenceMatcher(None, reference, given, autojunk=False).ratio()


def _check_gold(gold: Any) -> str | None:
    answers = (gold.get("answers") or [gold.get("answer")]) if isinstance(gold, dict) else [None]
    if not isinstance(answers, list) or not all(isinstance(a, str) and a.strip() for a in answers):
        return 'must be {"answer": text} or {"answers": [text, ...]}'
    return None


EXACT = Verifier(
    name="exact-text",
    version=lambda: "1",
    settings={},
    load=lambda settings: None,
    check=_exact,
    check_gold=_check_gold,
)
FUZZY = Verifier(
    name="fuzzy-text",
    version=lambda: "1",
    settings={"alike": ALIKE, "max_chars": MAX_CHARS},
    load=lambda settings: None,
    check=_fuzzy,
    check_gold=_check_gold,
)
