"""Choosing a training mix: pure, and the same on every machine.

Where an arm cuts, every problem gives its first trace before any gives its second. Attempt and
problem ids are hashes, so ordering by them (or by their hash with a seed) is a shuffle that every
machine makes alike.
"""

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from uuid import UUID

from distill.config.curation import Arm, Domain
from distill.errors import UserError


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A trace that could be trained on."""

    attempt_id: UUID
    problem_id: UUID
    source: str
    domain: Domain
    verdict: str
    """correct | wrong | undecided | none (nothing could check it)"""
    failed_filters: tuple[str, ...]
    """Rules that dropped it, in the recipe's order."""
    has_reasoning: bool
    has_answer: bool
    """There is an answer, and the response is finished."""
    num_chars: int
    pass_rate: float | None = None
    """Share of correct ones among all samples of its problem; null where nothing tells."""


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
    left_out_of: dict[tuple[str, str], int] = field(default_factory=dict)
    """The same by source and reason."""
    short: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Domains with fewer traces than their quota: how many there are, and the quota."""

    def num(self, split: str) -> int:
        """Return the number of traces in a split."""
        return sum(item.split == split for item in self.items)


def choose_traces(
    candidates: Sequence[Candidate],
    arm: Arm,
    rules: AbstractSet[str],
    validation_share: float,
    seed: int = 0,
) -> Chosen:
    """Return what an arm trains on.

    Args:
        candidates: all traces of the recipe.
        arm: which to take.
        rules: filters that a trace must pass.
        validation_share: share of the problems whose traces are held out.
        seed: of what is chosen at random.

    Raises:
        UserError: if a domain falls short of its quota and the arm refuses that.
    """
    left_out: Counter[tuple[str, str]] = Counter()
    of_problem: defaultdict[UUID, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        if reason := _unfit(candidate, arm, rules):
            left_out[candidate.source, reason] += 1
        else:
            of_problem[candidate.problem_id].append(candidate)
    ranked: list[tuple[int, Candidate]] = []
    for traces in of_problem.values():
        traces.sort(key=lambda trace: (_preference(trace, arm), _shuffled(trace.attempt_id, seed)))
        ranked += enumerate(traces[: arm.max_per_problem])
        for trace in traces[arm.max_per_problem :]:
            left_out[trace.source, f"more than {arm.max_per_problem} of a problem"] += 1
    ranked.sort(
        key=lambda one: (one[0], _difficulty(one[1], arm), _shuffled(one[1].problem_id, seed))
    )
    quotas, short = _quotas(arm, Counter(candidate.domain for _, candidate in ranked))
    taken: list[Candidate] = []
    num_of: Counter[str] = Counter()
    for _, candidate in ranked:
        num_of[candidate.domain] += 1
        if num_of[candidate.domain] > quotas.get(candidate.domain, math.inf):
            left_out[candidate.source, f"over the quota of {candidate.domain}"] += 1
        elif arm.max_traces is not None and len(taken) == arm.max_traces:
            left_out[candidate.source, f"more than {arm.max_traces} in all"] += 1
        else:
            taken.append(candidate)
    reasons: Counter[str] = Counter()
    for (_, reason), number in left_out.items():
        reasons[reason] += number
    return Chosen(
        items=tuple(
            Item(candidate=candidate, split=split_of(candidate.problem_id, validation_share))
            for candidate in taken
        ),
        left_out=dict(reasons),
        left_out_of=dict(left_out),
        short=short,
    )


def split_of(problem_id: UUID, validation_share: float) -> str:
    """Return the split of a problem: by its hash, so the same in every arm and recipe."""
    return "validation" if problem_id.int < validation_share * 2**128 else "train"


def _unfit(candidate: Candidate, arm: Arm, rules: AbstractSet[str]) -> str | None:
    """Return the first reason why an arm does not want a trace."""
    if arm.quotas and candidate.domain not in arm.quotas:
        return f"no quota for {candidate.domain}"
    is_free = candidate.domain in arm.unverified_domains
    if candidate.verdict not in arm.verdicts and not is_free:
        return "not checked" if candidate.verdict == "none" else candidate.verdict
    for name in candidate.failed_filters:
        if name in rules:
            return f"filter {name}"
    if not candidate.has_answer or not (candidate.has_reasoning or is_free):
        return "no reasoning or no answer"
    if arm.pass_rate and not is_free:
        low, high = arm.pass_rate
        if candidate.pass_rate is None:
            return "pass rate unknown"
        if not low <= candidate.pass_rate <= high:
            return f"pass rate not in {low:g} to {high:g}"
    return None


def _preference(candidate: Candidate, arm: Arm) -> int:
    """Return what the traces of a problem are ordered by; those that are alike, at random."""
    sign = {"shortest": 1, "longest": -1, "random": 0}[arm.prefer]
    return sign * candidate.num_chars


def _difficulty(candidate: Candidate, arm: Arm) -> float:
    """Return what problems are ordered by; those that are alike, at random."""
    if arm.order == "random":
        return 0.0
    if candidate.pass_rate is None:
        return math.inf
    return candidate.pass_rate if arm.order == "hardest" else -candidate.pass_rate


def _shuffled(id_: UUID, seed: int) -> bytes:
    """Return what to order ids by; seed 0 takes them as they are."""
    if not seed:
        return id_.bytes
    return hashlib.blake2b(id_.bytes, digest_size=16, salt=seed.to_bytes(8, "little")).digest()


def _quotas(
    arm: Arm, there: Mapping[str, int]
) -> tuple[dict[Domain, int], dict[str, tuple[int, int]]]:
    """Return how many traces each domain may give, and which have fewer than the arm wants."""
    wanted = {domain: quota for domain, quota in arm.quotas.items() if quota}
    short: dict[str, tuple[int, int]] = {}
    short |= {d: (there.get(d, 0), quota) for d, quota in wanted.items() if there.get(d, 0) < quota}
    if not short or arm.when_short == "keep":
        return dict(arm.quotas), short
    if arm.when_short == "refuse":
        missing = ", ".join(f"{d} has {have} of {quota}" for d, (have, quota) in short.items())
        raise UserError(
            f"selection: {missing}. Sample more of it, lower its quota, or let `when_short` keep "
            "the other quotas or shrink them."
        )
    return {d: _shrunk(quota, short) for d, quota in arm.quotas.items()}, short


def _shrunk(quota: int, short: Mapping[str, tuple[int, int]]) -> int:
    """Return a quota in the proportion of the scarcest domain: in whole numbers, exactly."""
    return min(quota * have // wanted for have, wanted in short.values())
