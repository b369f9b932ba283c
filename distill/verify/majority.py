"""The answer that most traces of a problem give, where no reference decides.

It becomes a reference of its own (verifier `majority`), beside the original one, and is compared as
mathematics. Gold: {"answer": text}.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from distill.verify import math
from distill.verify.base import Check
from distill.verify.extract import stated
from distill.verify.math_text import clean

ORIGIN = "majority answer"
MAX_DIFFERENT = 24
"""Spellings of answers to one problem that are compared: each pair of them is a check."""


@dataclass(frozen=True, kw_only=True)
class Ballot:
    """The answers that traces of one problem state, by spelling."""

    problem_id: UUID
    votes: Mapping[str, int]
    """In order of first appearance."""
    num_traces: int

    def checks(self) -> Iterator[Check]:
        """Yield the comparisons that tell which spellings say the same."""
        texts = list(self.votes)[:MAX_DIFFERENT]
        for number, one in enumerate(texts):
            for other in texts[number + 1 :]:
                yield Check(
                    key=(self.problem_id, one, other),
                    verifier=math.VERIFIER.name,
                    answer=f"\\boxed{{{other}}}",
                    gold={"answer": one},
                )

    def winner(
        self, equal: Sequence[tuple[str, str]], *, min_votes: int, min_share: float
    ) -> str | None:
        """Return the spelling that most agree with, if enough do and more than any other."""
        leader = {text: text for text in self.votes}
        for one, other in equal:
            old, new = leader[other], leader[one]
            leader = {text: new if lead == old else lead for text, lead in leader.items()}
        totals: dict[str, int] = {}
        for text, number in self.votes.items():
            totals[leader[text]] = totals.get(leader[text], 0) + number
        best = max(totals, key=lambda text: totals[text], default=None)
        if best is None or totals[best] < min_votes or totals[best] <= min_share * self.num_traces:
            return None
        return best


def ballot(problem_id: UUID, answers: Sequence[str | None]) -> Ballot:
    """Count what the answers state; one that states nothing counts as a trace, not as a vote."""
    votes: dict[str, int] = {}
    for answer in answers:
        found = stated(answer) if answer else None
        text = clean(found.text) if found else ""
        if text:
            votes[text] = votes.get(text, 0) + 1
    return Ballot(problem_id=problem_id, votes=votes, num_traces=len(answers))


VERIFIER = replace(math.VERIFIER, name="majority")
