"""Choosing a training mix: pure, and the same on every machine."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from uuid import UUID

from distill.config.curation import Arm


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A trace that could be trained on."""

    attempt_id: UUID
    problem_id: UUID
    source: str
    verdict: str
    """correct | wrong | undecided | none (nothing could check it)"""
    failed_filters: tuple[str, ...]
    """Rules that dropped it, in the recipe's order."""
    has_answer: bool
    """Reasoning and answer are there, and the response is finished."""
    num_chars: int


@dataclass(frozen=True, kw_only=True)
class Item:
    """A trace of a training set."""

    candidate: Candidate
    split: str


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A training set, and why the rest is not in it."""

    items: tuple[Item, ...]
    left_out: dict[str, int]
    """Traces by the first reason that applied."""

    def num(self, split: str) -> int:
        """Return the number of traces in a split."""
        return sum(item.split == split for item in self.items)


def choose_traces(
    candidates: Sequence[Candidate], arm: Arm, rules: AbstractSet[str], validation_share: float
) -> Chosen:
    """Return what an arm trains on.

    A problem gives its preferred traces, up to `max_per_problem`; where `max_traces` cuts, every
    problem gives its first before any gives its second. Attempt and problem ids are hashes, so
    ordering by them is a shuffle that every machine makes alike.

    Args:
        candidates: all traces of the recipe.
        arm: which to take.
        rules: filters that a trace must pass.
        validation_share: share of the problems whose traces are held out.
    """
    left_out: Counter[str] = Counter()
    of_problem: defaultdict[UUID, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        if reason := _unfit(candidate, arm, rules):
            left_out[reason] += 1
        else:
            of_problem[candidate.problem_id].append(candidate)
    ranked = []
    for problem_id, traces in of_problem.items():
        traces.sort(key=lambda c: (c.num_chars if arm.prefer == "shortest" else 0, c.attempt_id))
        best = traces[: arm.max_per_problem]
        left_out[f"more than {arm.max_per_problem} of a problem"] += len(traces) - len(best)
        ranked += [(rank, problem_id, candidate) for rank, candidate in enumerate(best)]
    ranked.sort(key=lambda entry: entry[:2])
    taken = ranked[: arm.max_traces]
    left_out[f"more than {arm.max_traces} in all"] += len(ranked) - len(taken)
    return Chosen(
        items=tuple(
            Item(candidate=candidate, split=split_of(problem_id, validation_share))
            for _, problem_id, candidate in taken
        ),
        left_out=dict(+left_out),
    )


def split_of(problem_id: UUID, validation_share: float) -> str:
    """Return the split of a problem: by its hash, so the same in every arm and recipe."""
    return "validation" if problem_id.int < validation_share * 2**128 else "train"


def _unfit(candidate: Candidate, arm: Arm, rules: AbstractSet[str]) -> str | None:
    """Return the first reason why an arm does not want a trace."""
    if candidate.verdict not in arm.verdicts:
        return "not checked" if candidate.verdict == "none" else candidate.verdict
    for name in candidate.failed_filters:
        if name in rules:
            return f"filter {name}"
    return None if candidate.has_answer else "no reasoning or no answer"
