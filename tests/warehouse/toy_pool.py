"""Verdicts without worker processes, for tests of what is done with them."""

from collections.abc import Iterable, Iterator
from typing import Any, Self

from distill.config.prompts import Verification
from distill.verify.base import Check, Verdict
from distill.verify.registry import decide


class InProcessPool:
    """Stands in for VerifierPool."""

    def __init__(self, settings: Verification) -> None:
        self.settings = settings

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def verify(self, checks: Iterable[Check]) -> Iterator[tuple[Any, Verdict]]:
        for check in checks:
            yield check.key, decide(check)
