"""Multiple choice: the letter that the answer settles on.

Gold: {"answer": letter}, and {"choices": {letter: text}} where an answer may name the text instead.
"""

import re
from typing import Any

from distill.verify.base import Verdict, Verifier
from distill.verify.extract import stated, unwrap
from distill.verify.texts import plain

_ALONE = re.compile(r"\(?([A-Z])\)?[.:]?")
_FIRST = re.compile(r"\(([A-Z])\)(?!\s*(?:and|or|,)\s*\(?[A-Z]\b)|([A-Z])[.):](?=\s|$)")
_ANNOUNCED = re.compile(
    r"\b(?:[aA]nswer|[oO]ption|[cC]hoice)\b(?:\s+(?:is|option|choice|would be)\b)*\s*:?[\s*$\\(\[]*"
    r"(?:text\{)?\(?(?:([A-Z])\b(?!\s*(?:and|or|,)\s*\(?[A-Z]\b)|([a-j])\)?\.?\s*$)",
    re.MULTILINE,
)
_MENTIONED = re.compile(r"\(([A-J])\)(?!\s*(?:and|or|,))")


def _check(answer: str, gold: dict[str, Any]) -> Verdict:
    choices = {letter.upper(): text for letter, text in gold.get("choices", {}).items()}
    given = _letter(answer, choices)
    if given is None:
        return Verdict(decision="wrong", score=0.0, reason="no single choice in the answer")
    if given == gold["answer"].strip(" ().").upper():
        return Verdict(decision="correct", score=1.0, reason="equal", extracted=given)
    return Verdict(decision="wrong", score=0.0, reason="different", extracted=given)


def _letter(answer: str, choices: dict[str, str]) -> str | None:
    """Return the choice of the final answer; else of the last announcement, or of a last line."""
    found = stated(answer)
    if found and (letter := _of(found.text, choices)):
        return letter
    last = answer.rstrip().splitlines()[-1]
    announced: list[str] = [one or other.upper() for one, other in _ANNOUNCED.findall(answer)]
    if announced:
        return announced[-1]
    mentioned: list[str] = _MENTIONED.findall(last)
    return _of(last, choices) or (mentioned[-1] if mentioned else None)


def _of(text: str, choices: dict[str, str]) -> str | None:
    text = unwrap(text).strip()
    if match := _ALONE.fullmatch(text) or _FIRST.match(text):
        return next(group for group in match.groups() if group)
    named = [letter for letter, content in choices.items() if plain(content) == plain(text)]
    return named[0] if len(named) == 1 else None


def _check_gold(gold: Any) -> str | None:
    if not isinstance(gold, dict) or not isinstance(gold.get("answer"), str):
        return 'must be {"answer": letter}, with or without "choices"'
    letter, choices = gold["answer"].strip(" ()."), gold.get("choices", {})
    if len(letter) != 1 or not letter.isalpha():
        return "is no letter"
    if not isinstance(choices, dict) or not all(isinstance(c, str) for c in choices.values()):
        return 'has "choices" that are not {letter: text}'
    return None


VERIFIER = Verifier(
    name="choice",
    version=lambda: "1",
    settings={},
    load=lambda settings: None,
    check=_check,
    check_gold=_check_gold,
)
