"""Comparisons: a student against its base and the teacher, problem by problem."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from eval.plan import Subject
from eval.results import OVERALL
from eval.scores import Result, results_of
from eval.statistics import (
    Estimate,
    Method,
    Values,
    difference,
    pass_at_1,
    recovered,
    sign_flip_p_value,
)

Strata = list[Values]


def comparison_rows(
    run_id: UUID, subjects: Sequence[Subject], results: Mapping[UUID, Result], method: Method
) -> list[dict[str, Any]]:
    """Return the rows of `comparisons`: each student on each benchmark, and on all of them."""
    sides = {
        (part.role, part.student): subject for subject in subjects for part in subject.participants
    }
    rows = []
    for role, student in sides:
        if role != "student":
            continue
        keys = {"student": (role, student), "base": ("base", student), "teacher": ("teacher", None)}
        found = {side: sides[key] for side, key in keys.items() if key in sides}
        models = {f"{side}_model_id": subject.job.model.model_id for side, subject in found.items()}
        common = {"run_id": run_id, "student": student, "k": found["student"].evaluations[0].k}
        compared = compare(
            {s: results_of(subject, results) for s, subject in found.items()}, method
        )
        rows += [{**common, **models, **row} for row in compared]
    return rows


def compare(results: Mapping[str, Sequence[Result]], method: Method) -> list[dict[str, Any]]:
    """Return the comparison on each benchmark and on all of them, as columns of `comparisons`.

    Args:
        results: by role (student, and base and teacher if there are), the same benchmarks in the
            same order.
        method: level, resamples, seed.
    """
    columns: dict[str, Strata] = {role: [] for role in results}
    rows = []
    for trio in zip(*results.values(), strict=True):
        paired = dict(zip(results, _paired(trio), strict=True))
        for role, values in paired.items():
            columns[role].append(values)
        rows.append(_row(trio[0].benchmark, {r: [v] for r, v in paired.items()}, method))
    return [*rows, _row(OVERALL, columns, method)]


def _paired(results: Sequence[Result]) -> list[Values]:
    """Return the pass rates of the problems that all of them have, in one order."""
    shared = set(results[0].problem_ids).intersection(*(result.problem_ids for result in results))
    return [
        result.rates[[problem in shared for problem in result.problem_ids]] for result in results
    ]


def _row(benchmark: str, columns: Mapping[str, Strata], method: Method) -> dict[str, Any]:
    student, base, teacher = (columns.get(role) for role in ("student", "base", "teacher"))
    assert student is not None
    gain = difference(student, base, method) if base else Estimate()
    behind = difference(student, teacher, method) if teacher else Estimate()
    share = recovered(student, base, teacher, method) if base and teacher else Estimate()
    return {
        "benchmark": benchmark,
        "method": method.name,
        "num_problems": sum(map(len, student)),
        "student_pass_at_1": pass_at_1(student),
        "base_pass_at_1": pass_at_1(base) if base else None,
        "teacher_pass_at_1": pass_at_1(teacher) if teacher else None,
        **_ends("gain", gain),
        "gain_p_value": sign_flip_p_value(student, base, method) if base else None,
        **_ends("difference", behind),
        "p_value": sign_flip_p_value(student, teacher, method) if teacher else None,
        **_ends("recovered", share),
        "recorded": datetime.now(UTC),
    }


def _ends(name: str, found: Estimate) -> dict[str, float | None]:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
