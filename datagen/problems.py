"""Ruling on problems before they are asked: what may not be trained on, what is there already."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from datagen.filters.base import KEEP, Ruling, Trace, drop
from datagen.filters.duplicate import NEARLY, SAME, DuplicateTrace, keys_of
from datagen.gather import Gathered
from datagen.references import KeptOut
from datagen.rules import Rule
from datagen.text.minhash import clusters, edges_of
from datagen.text.overlap import References
from distill.benchmarks import Problem
from distill.config.prompts import Source
from distill.ids import content_id

EVALUATED = {"filter": "evaluated", "version": "1", "config_hash": content_id({})}
"""The rule that no recipe can leave out: what its evaluation asks is not trained on."""
AT_A_TIME = 1000


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A problem that is not asked, and why."""

    source: str
    problem: Problem
    filter: str
    reason: str
    evidence: Mapping[str, Any]


@dataclass(kw_only=True)
class Judged:
    """What the rules said of all problems."""

    losses: list[Loss] = field(default_factory=list)
    """One a problem and rule that drops it."""
    _rulings: list[tuple[UUID, Mapping[str, Any], Ruling, Mapping[str, Any] | None]] = field(
        default_factory=list
    )

    @property
    def dropped(self) -> set[UUID]:
        """Problems that are not asked."""
        return {loss.problem.problem_id for loss in self.losses}

    def __len__(self) -> int:
        return len(self._rulings)

    def rows(self, begin: int, end: int) -> list[dict[str, Any]]:
        """Return a stretch of the rows of problem_filter_results."""
        return [
            {"problem_id": problem_id, **key, **vars(ruling), "evidence": evidence}
            for problem_id, key, ruling, evidence in self._rulings[begin:end]
        ]

    def note(
        self,
        asked: "_Asked",
        key: Mapping[str, Any],
        ruling: Ruling,
        evidence: Mapping[str, Any] | None = None,
    ) -> None:
        """Take a ruling."""
        self._rulings.append((asked.problem.problem_id, key, ruling, evidence))
        if not ruling.keep:
            loss = Loss(
                source=asked.source.name,
                problem=asked.problem,
                filter=key["filter"],
                reason=ruling.reason,
                evidence=evidence or {},
            )
            self.losses.append(loss)


@dataclass(frozen=True, kw_only=True)
class _Asked:
    source: Source
    problem: Problem

    def trace(self) -> Trace:
        golds = self.problem.golds.values()
        return Trace(
            text=self.problem.text,
            shape="none",
            prompt=self.problem.text,
            golds=tuple(str(gold["answer"]) for gold in golds if "answer" in gold),
            domain=self.source.domain,
        )


def judge(gathered: Gathered, rules: Sequence[Rule], kept_out: KeptOut) -> Judged:
    """Return what each rule says of each problem, and which ones the evaluation asks."""
    judged = Judged()
    for one in gathered.taken:
        for problem in one.held_out:
            asked = _Asked(source=one.source, problem=problem)
            judged.note(asked, EVALUATED, drop("is evaluated on"))
    problems = [
        _Asked(source=one.source, problem=problem)
        for one in gathered.taken
        for problem in one.problems
    ]
    comparing = [rule for rule in rules if rule.filter.needs_all]
    keys: dict[str, list[NDArray[np.int64]]] = {rule.name: [] for rule in comparing}
    for begin in range(0, len(problems), AT_A_TIME):
        portion = problems[begin : begin + AT_A_TIME]
        traces = [asked.trace() for asked in portion]
        for rule in comparing:
            keys[rule.name].append(keys_of(traces, _settings(rule)))
        for rule in rules:
            if rule not in comparing:
                _judge_alone(judged, portion, traces, rule, kept_out)
    for rule in comparing:
        if problems:
            _judge_together(judged, problems, rule, np.concatenate(keys[rule.name]))
    return judged


def _settings(rule: Rule) -> DuplicateTrace:
    assert isinstance(rule.settings, DuplicateTrace)
    return rule.settings


def _judge_alone(
    judged: Judged,
    problems: Sequence[_Asked],
    traces: Sequence[Trace],
    rule: Rule,
    kept_out: KeptOut,
) -> None:
    for asked, trace in zip(problems, traces, strict=True):
        ruling = rule.apply(trace)
        evidence = None
        if not ruling.keep and rule.references:
            evidence = _shared(rule.references, trace, kept_out)
        judged.note(asked, rule.key, ruling, evidence)


def _shared(references: References, trace: Trace, kept_out: KeptOut) -> Mapping[str, Any]:
    """Return what a problem shares with which texts."""
    spans = []
    for match in references.matches(trace.words):
        other = kept_out.texts[match.reference]
        spans.append(
            {"begin": match.begin, "end": match.end, "where": other.where, "reference": other.text}
        )
    return {"shared": spans}


def _judge_together(
    judged: Judged, problems: Sequence[_Asked], rule: Rule, keys: NDArray[np.int64]
) -> None:
    """Keep the first of those that are alike, in the order of the sources."""
    first_of = _firsts(keys)
    dropped = sorted(problems[number].problem.problem_id.bytes for number in first_of)
    # The rulings on one set of problems belong together: another set, another key.
    key = rule.key_with(hashlib.sha256(b"".join(dropped)).hexdigest())
    for number, asked in enumerate(problems):
        if number in first_of:
            first, reason = first_of[number]
            like = problems[first]
            evidence = {"like": like.problem.text, "where": like.source.name}
            judged.note(asked, key, drop(reason), evidence)
        else:
            judged.note(asked, key, KEEP)


def _firsts(keys: NDArray[np.int64]) -> dict[int, tuple[int, str]]:
    """Return by the number of each duplicate the first that it is like, and how alike they are."""
    edges = list(edges_of(keys))
    same = {other for _, other, column in edges if column == 0}
    return {
        number: (min(cluster), SAME if number in same else NEARLY)
        for cluster in clusters((first, other) for first, other, _ in edges)
        for number in cluster
        if number != min(cluster)
    }
