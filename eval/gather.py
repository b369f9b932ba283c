"""What a report says, read from the warehouse and the run directories."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from distill.config.recipe import Recipe
from distill.runs.context import Context
from distill.runs.run import code_version, read_status
from eval import words
from eval.protocol import formats, method_of, skipped, wording_of
from eval.results import OVERALL, ROLES, Comparison, Report, Score, Table
from warehouse.database import Warehouse

STAGES = ("prompts", "generate", "verify", "filter", "dataset", "sft", "eval")


def gather(context: Context, warehouse: Warehouse) -> Report:
    """Return the report of a recipe; without scores if nothing was evaluated."""
    recipe, run_id = context.recipe, context.recipe.run_id("eval")
    method = method_of(recipe).name
    rows = warehouse.query("eval_scores", run_id=run_id, method=method)
    verifiers = sorted({row.pop("verifiers") or "" for row in rows} - {""})
    scores = sorted((Score(**row) for row in rows), key=lambda score: _order(recipe, score))
    compared = warehouse.query("eval_comparisons", run_id=run_id, method=method)
    failed = warehouse.query("eval_failed", run_id=run_id)
    tables = (
        _responses(scores),
        _yield(recipe, warehouse),
        _waterfall(recipe, warehouse),
        _times(context),
    )
    return Report(
        recipe=recipe.name,
        description=recipe.description,
        confidence=recipe.evaluation.confidence,
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        code_version=code_version(),
        scores=tuple(scores),
        comparisons=tuple(Comparison(**row) for row in compared),
        measured=tuple(_measured(recipe, verifiers)),
        tables=tuple(table for table in tables if table.rows),
        warnings=tuple(_warnings(recipe, scores, failed)),
    )


def _order(recipe: Recipe, score: Score) -> tuple[int, int, str]:
    names = [*(spec.name for spec in recipe.evaluation.benchmarks), OVERALL]
    place = names.index(score.benchmark) if score.benchmark in names else len(names)
    return place, ROLES.index(score.role), score.student or ""


def _measured(recipe: Recipe, verifiers: list[str]) -> list[tuple[str, str]]:
    asked, sampling = recipe.evaluation, recipe.evaluation.sampling
    return [
        ("Responses a problem (k)", str(asked.k)),
        ("Temperature, top-p", f"{sampling.temperature:g}, {sampling.top_p:g}"),
        ("Longest response", f"{words.count(sampling.max_tokens)} tokens"),
        *_formats(recipe),
        ("Verifiers", "; ".join(verifiers) or "none"),
        (
            "Intervals",
            f"{words.level(asked.confidence)}, {words.count(asked.num_resamples)} resamples of the "
            f"problems, seed {asked.seed}",
        ),
    ]


def _formats(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Yield how each role is asked."""
    specs = recipe.evaluation.benchmarks
    for role, asked in formats(recipe).items():
        names = dict.fromkeys(wording_of(role, asked, spec) for spec in specs)
        shown = ", ".join(f"{name} ({_shots(recipe, name)})" for name in names)
        begun = f"; made to start with {asked.prefill!r}" if asked.prefill else ""
        yield f"How a {role} is asked", f"wording {shown}{begun}"


def _shots(recipe: Recipe, wording: str) -> str:
    shots = len(recipe.wordings[wording].examples)
    return f"{shots or 'no'} worked example{'' if shots == 1 else 's'}"


def _responses(scores: list[Score]) -> Table:
    rows = [
        (
            f"{score.role} {score.student or ''}".strip(),
            score.model,
            words.count(score.num_problems),
            words.count(score.num_truncated),
            words.count(score.num_undecided),
            words.count(score.mean_completion_tokens),
        )
        for score in scores
        if score.benchmark == OVERALL
    ]
    return Table(
        title="Responses",
        header=("who", "model", "problems", "truncated", "undecided", "mean tokens"),
        rows=tuple(rows),
    )


def _yield(recipe: Recipe, warehouse: Warehouse) -> Table:
    rows = warehouse.query("eval_yield", run_id=recipe.run_id("generate"))
    counts = (
        "num_traces", "num_correct", "num_wrong", "num_undecided", "num_truncated", "num_kept",
        "num_accepted", "mean_completion_tokens",
    )  # fmt: skip
    return Table(
        title="Traces by source",
        header=(
            "source", "traces", "correct", "wrong", "undecided", "truncated", "pass all filters",
            "correct and pass", "mean tokens",
        ),
        rows=tuple((_name(row["source"]), *(words.count(row[c]) for c in counts)) for row in rows),
    )  # fmt: skip


def _waterfall(recipe: Recipe, warehouse: Warehouse) -> Table:
    rows = warehouse.query("eval_waterfall", run_id=recipe.run_id("filter"))
    counts = ("num_seen", "num_dropped", "num_dropped_first", "num_dropped_only")
    return Table(
        title="What the filters dropped",
        header=("filter", "traces", "dropped", "by no rule before", "by this rule alone"),
        rows=tuple((_name(row["filter"]), *(words.count(row[c]) for c in counts)) for row in rows),
    )


def _times(context: Context) -> Table:
    recipe, rows = context.recipe, []
    for stage in STAGES:
        folder = context.home.run_dir(recipe.name, stage, recipe.run_id(stage))
        if status := read_status(folder):
            rows.append((stage, words.duration(status.seconds), status.state))
    return Table(
        title="Time of each stage", header=("stage", "working time", "state"), rows=tuple(rows)
    )


def _warnings(recipe: Recipe, scores: list[Score], failed: list[dict[str, Any]]) -> list[str]:
    found = [skipped(recipe, [score.benchmark for score in scores])]
    done = {score.student for score in scores if score.role == "student"}
    if missing := [name for name in recipe.student.bases if name not in done]:
        found.append(f"Not evaluated yet: students {', '.join(missing)}.")
    found += [
        f"Failed requests to {_name(row['model'])}: {row['num_failed']}. They count as nothing, "
        "neither right nor wrong."
        for row in failed
    ]
    return [sentence for sentence in found if sentence]


def _name(text: str | None) -> str:
    return text or "unknown"
