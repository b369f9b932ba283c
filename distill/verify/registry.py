"""The verifiers by name, and the one way to ask one of them."""

import time
from dataclasses import replace
from typing import Any
from uuid import UUID

from distill.config.prompts import Verification
from distill.errors import UserError, nearest
from distill.ids import content_id
from distill.verify import (
    choice,
    code,
    judge,
    majority,
    math,
    math_verify_alone,
    reasoning_gym,
    texts,
)
from distill.verify.base import Check, Verdict, Verifier

VERIFIERS: dict[str, Verifier] = {
    v.name: v
    for v in (
        math.VERIFIER,
        math_verify_alone.VERIFIER,
        choice.VERIFIER,
        texts.EXACT,
        texts.FUZZY,
        reasoning_gym.VERIFIER,
        code.VERIFIER,
        judge.VERIFIER,
        majority.VERIFIER,
    )
}
LAST_RESORTS = (judge.VERIFIER.name, majority.VERIFIER.name)
"""Asked only where no verifier before them in the recipe decided."""
MAX_EXTRACTED_CHARS = 1000


def verifier(name: str, where: str) -> Verifier:
    """Return the verifier of that name; `where` says what asks for it.

    Raises:
        UserError: if there is none.
    """
    if name not in VERIFIERS:
        raise UserError(f"{where}: no verifier {name!r}{nearest(name, VERIFIERS)}")
    return VERIFIERS[name]


def require(settings: Verification) -> None:
    """Refuse verifiers that do not exist, or that this machine cannot run.

    Raises:
        UserError: naming the nearest, or what to install.
    """
    for name in settings.verifiers:
        verifier(name, "verification.verifiers").require()


def config_hash(name: str, settings: Verification, **more: Any) -> UUID:
    """Return the id of everything beside its version that a verdict depends on.

    Args:
        name: Of the verifier.
        settings: The recipe's.
        more: What else: of a judge the model, and how it is asked.
    """
    return content_id(VERIFIERS[name].settings | {"timeout_sec": settings.timeout_sec} | more)


def decide(check: Check) -> Verdict:
    """Return the verdict on one check; may hang or die, but raises nothing that can be caught."""
    begun = time.perf_counter()
    try:
        verdict = _decide(check)
    except BaseException as error:  # SystemExit too: scorers run what models write
        verdict = Verdict(decision="undecided", reason=f"raised {type(error).__name__}")
    extracted = verdict.extracted and verdict.extracted[:MAX_EXTRACTED_CHARS]
    milliseconds = (time.perf_counter() - begun) * 1000
    return replace(verdict, extracted=extracted, milliseconds=milliseconds)


def _decide(check: Check) -> Verdict:
    rule = VERIFIERS[check.verifier]
    if complaint := rule.check_gold(check.gold):
        return Verdict(decision="undecided", reason=f"gold {complaint}")
    if check.answer is None or not check.answer.strip():
        return Verdict(decision="wrong", score=0.0, reason="no answer")
    return rule.check(check.answer, check.gold)
