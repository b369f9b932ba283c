"""What a benchmark is: problems with references, and a hash by which it is known again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from distill import ids


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A problem with what its answers are checked against."""

    problem_id: UUID
    text: str
    """Canonical."""
    golds: dict[str, dict[str, Any]]
    """References by verifier, each in the shape that the verifier states."""
    source_row: str
    """Where in its source it stands."""

    @classmethod
    def of(cls, text: str, golds: dict[str, dict[str, Any]], source_row: int | str) -> Self:
        """Return the problem with this text."""
        canonical = ids.canonical_text(text)
        return cls(
            problem_id=ids.problem_id(canonical),
            text=canonical,
            golds=golds,
            source_row=str(source_row),
        )


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """Problems that models are scored on."""

    name: str
    problems: tuple[Problem, ...]
    content_hash: UUID
    """Of these problems and their references, in order: of the subset where there is a limit."""
    licence: str


def content_hash(problems: Sequence[Problem]) -> UUID:
    """Return the id of problems and references in their order."""
    return ids.content_id([[problem.problem_id, problem.golds] for problem in problems])
