"""Scores: the responses of an evaluation, counted by problem, and what follows from them.

A response is correct or it is not: undecided ones (the checker timed out or crashed) are not, and
are counted apart. A request that failed for good is no response: a problem's pass rate is over the
responses that exist, and a problem without any is left out of num_problems. How many failed is said
where the scores are shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np

from eval.plan import Evaluation, Subject
from eval.statistics import Method, Values, estimate, pass_rates
from warehouse.database import Warehouse


@dataclass(frozen=True, kw_only=True)
class Result:
    """The responses of one evaluation."""

    benchmark: str
    problem_ids: tuple[UUID, ...]
    rates: Values
    """Each problem's share of correct responses."""
    num_undecided: int
    num_truncated: int
    mean_completion_tokens: float | None
    verifiers: str
    """Which versions decided."""


def read_results(warehouse: Warehouse, evaluations: Sequence[Evaluation]) -> dict[UUID, Result]:
    """Return what the warehouse knows about the responses of evaluations, by evaluation_id."""
    names = {evaluation.evaluation_id: evaluation.benchmark.name for evaluation in evaluations}
    rows: dict[UUID, list[dict[str, Any]]] = {evaluation_id: [] for evaluation_id in names}
    for row in warehouse.query("eval_problems", evaluation_ids=list(names)):
        rows[row["evaluation_id"]].append(row)
    return {key: _result(names[key], problems) for key, problems in rows.items()}


def _result(benchmark: str, problems: list[dict[str, Any]]) -> Result:
    def column(name: str) -> list[Any]:
        return [row[name] for row in problems]

    tokens = [number for number in column("completion_tokens") if number is not None]
    return Result(
        benchmark=benchmark,
        problem_ids=tuple(column("problem_id")),
        rates=pass_rates(column("num_correct"), column("num_responses")),
        num_undecided=sum(column("num_undecided")),
        num_truncated=sum(column("num_truncated")),
        mean_completion_tokens=sum(tokens) / sum(column("num_responses")) if tokens else None,
        verifiers=", ".join(
            sorted({name for names in column("verifiers") for name in names or ()})
        ),
    )


def evaluation_rows(results: Mapping[UUID, Result], method: Method) -> list[dict[str, Any]]:
    """Return the rows of `evaluation_scores`."""
    return [
        {
            "evaluation_id": evaluation_id,
            "verifiers": result.verifiers,
            **_columns([result], method),
        }
        for evaluation_id, result in results.items()
    ]


def overall_rows(
    run_id: UUID, subjects: Sequence[Subject], results: Mapping[UUID, Result], method: Method
) -> list[dict[str, Any]]:
    """Return the rows of `overall_scores`: every benchmark weighs the same."""
    return [
        {
            "run_id": run_id,
            "model_id": subject.job.model.model_id,
            "role": part.role,
            "student": part.student,
            "k": subject.evaluations[0].k,
            **_columns(results_of(subject, results), method),
        }
        for subject in subjects
        for part in subject.participants
    ]


def results_of(subject: Subject, results: Mapping[UUID, Result]) -> list[Result]:
    """Return the results of a subject, in the order of the benchmarks."""
    return [results[evaluation.evaluation_id] for evaluation in subject.evaluations]


def _columns(results: Sequence[Result], method: Method) -> dict[str, Any]:
    found = estimate([result.rates for result in results], method)
    tokens = [result.mean_completion_tokens for result in results]
    known = [mean for mean in tokens if mean is not None]
    return {
        "method": method.name,
        "num_problems": sum(len(result.rates) for result in results),
        "pass_at_1": found.value,
        "ci_low": found.low,
        "ci_high": found.high,
        "num_undecided": sum(result.num_undecided for result in results),
        "num_truncated": sum(result.num_truncated for result in results),
        "mean_completion_tokens": float(np.mean(known)) if len(known) == len(tokens) else None,
        "recorded": datetime.now(UTC),
    }
