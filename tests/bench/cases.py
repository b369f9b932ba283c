r"""Answers with the verdict that they must get: our own, and the labelled sets of DISTILL_DATA."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OWN = Path(__file__).with_name("verdicts.txt")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A reference, what a model answered, and what the verdict must be."""

    kind: str
    gold: str
    answer: str
    expected: bool


def own_cases() -> Iterator[Case]:
    """Yield the cases of verdicts.txt."""
    kind = ""
    for line in OWN.read_text().splitlines():
        if line.startswith("# "):
            kind = line[2:]
        elif line.startswith(("= ", "! ")):
            gold, _, answer = line[2:].partition(" || ")
            text = answer[2:] if answer.startswith("> ") else f"\\boxed{{{answer}}}"
            yield Case(kind=kind, gold=gold, answer=text, expected=line[0] == "=")
