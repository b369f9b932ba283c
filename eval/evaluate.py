"""Stage eval: k responses a problem from teacher, bases and students, scored and compared."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.markup import escape

from distill.errors import UserError
from distill.runs.context import Context
from distill.runs.run import Run
from distill.templates.gate import check_checkpoint
from eval import words
from eval.compare import comparison_rows
from eval.participants import participants, refuse_untrained
from eval.plan import Subject, plan
from eval.protocol import check, load_benchmarks, method_of, skipped
from eval.record import record_answers, record_problems
from eval.results import ROLES
from eval.scores import evaluation_rows, overall_rows, read_results
from warehouse.collect import collect
from warehouse.database import Warehouse
from warehouse.stage import stage_run
from warehouse.verdicts import verify_attempts

__all__ = ["check", "run"]


def run(context: Context, roles: Sequence[str] | None = None) -> None:
    """Ask what was not asked yet, check the answers, score and compare.

    Args:
        context: recipe, home, servers, console.
        roles: which of teacher, base and student to ask; None is all of them. The others are
            scored with them if they have answered already.

    Raises:
        UserError: if students are asked for and not trained, or if responses are missing.
    """
    recipe, asked = context.recipe, set(ROLES if roles is None else roles)
    benchmarks = load_benchmarks(context)
    if sentence := skipped(recipe, [benchmark.name for benchmark in benchmarks]):
        context.console.print(f"[yellow]{escape(sentence)}[/]")
    with stage_run(context, "eval") as (current, warehouse):
        found = participants(context, warehouse)
        if "student" in asked:
            refuse_untrained(recipe, found)
        subjects = plan(context, benchmarks, found)
        record_problems(warehouse, benchmarks, [e for s in subjects for e in s.evaluations])
        for subject in subjects:
            if subject.roles & asked:
                _ask(context, current, warehouse, subject)
        answered = [
            (subject, attempt_ids)
            for subject in subjects
            if (attempt_ids := _answers(context, current, warehouse, subject, asked)) is not None
        ]
        verify_attempts(context, current, warehouse, [id_ for _, ids in answered for id_ in ids])
        _score(context, current, warehouse, [subject for subject, _ in answered])


def _ask(context: Context, current: Run, warehouse: Warehouse, subject: Subject) -> None:
    bases = context.recipe.student.bases
    for part in subject.participants:
        if part.student and part.role == "student" and not bases[part.student].checkpoint:
            check_checkpoint(Path(part.spec.source))
    collect(
        context,
        current,
        warehouse,
        spec=subject.spec,
        prompts=subject.prompts,
        sampling=subject.job.sampling,
        stream=subject.job.stream,
        num_samples=context.recipe.evaluation.k,
        title=f"eval {subject.title}",
    )


def _answers(
    context: Context, current: Run, warehouse: Warehouse, subject: Subject, asked: set[str]
) -> list[UUID] | None:
    """Return the responses of a subject, or None if it was not asked and some are missing.

    Raises:
        UserError: if it was asked and some are missing that did not fail.
    """
    answers = record_answers(warehouse, current.run_id, subject)
    of = f"of {answers.num_planned} responses"
    if answers.num_missing and subject.roles & asked:
        raise UserError(
            f"evaluation of {subject.title}: {answers.num_missing} {of} are missing, so nothing is "
            "scored. Run `distill eval` again: it asks for these only."
        )
    if answers.num_missing:
        return None
    if answers.num_failed:
        context.console.print(
            f"[yellow]{escape(subject.title)}: {answers.num_failed} {of} failed[/] and count as "
            "nothing, neither right nor wrong. `distill eval` asks for them again."
        )
    return answers.attempt_ids


def _score(
    context: Context, current: Run, warehouse: Warehouse, subjects: Sequence[Subject]
) -> None:
    method = method_of(context.recipe)
    results = read_results(warehouse, [e for s in subjects for e in s.evaluations])
    scores = evaluation_rows(results, method)
    overall = overall_rows(current.run_id, subjects, results, method)
    compared = comparison_rows(current.run_id, subjects, results, method)
    with warehouse.write():
        warehouse.insert("evaluation_scores", scores)
        warehouse.insert("overall_scores", overall)
        warehouse.insert("comparisons", compared)
    for row in overall:
        _say(context, row)


def _say(context: Context, row: Mapping[str, Any]) -> None:
    who = " ".join(filter(None, (row["role"], row["student"])))
    ends = words.interval(row["ci_low"], row["ci_high"])
    context.console.print(
        f"{escape(who)}: pass@1 {words.percent(row['pass_at_1'])}{f' ({ends})' if ends else ''} on "
        f"{row['num_problems']} problems, k = {row['k']}; {row['num_truncated']} responses "
        f"truncated, {row['num_undecided']} undecided"
    )
