"""Stage generate: traces for the chosen problems, sampled from the teacher or imported."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from rich.markup import escape

from datagen.imports import ImportReport, import_traces
from datagen.sources import brings_traces, is_there
from datagen.split import merge
from distill.config.models import ModelSpec
from distill.config.prompts import Source
from distill.config.recipe import Recipe
from distill.errors import UserError
from distill.runs.context import Context
from distill.runs.run import Run
from distill.sampling.requests import Prompt
from distill.serving.hosted import check_fields
from distill.verify.registry import require
from warehouse.adaptive import AdaptiveReport, collect_adaptively
from warehouse.collect import CollectReport, collect
from warehouse.database import Warehouse
from warehouse.stage import stage_run

MOST_BROKEN = 10
"""Broken rows of a source that the terminal is told; the log has all."""


def check(context: Context) -> None:
    """Refuse what could not be generated.

    Raises:
        UserError: if sources need a teacher and there is none, or none that can be served, or if
            its context cannot hold a response.
    """
    recipe = context.recipe
    roles = {source.model for source in _split(recipe)[0]}
    for role in sorted(roles):
        spec = _model(recipe, role)
        longest = recipe.generation.sampling.max_tokens
        if longest >= spec.max_model_len:
            raise UserError(
                f"models.{role}.max_model_len: {spec.max_model_len} tokens cannot hold prompts "
                f"and the {longest} of generation.sampling.max_tokens. Raise the one or lower the "
                "other."
            )
        if recipe.generation.num_continuations and spec.api != "vllm":
            raise UserError(
                "generation.num_continuations: hosted APIs (api = 'openai') do not go on from a "
                "text. Set it to 0 and raise generation.sampling.max_tokens."
            )
        if recipe.generation.tokens.ids and spec.api != "vllm":
            raise UserError(
                "generation.tokens.ids: hosted APIs (api = 'openai') tell no token ids. Remove it; "
                "top_logprobs is known to some."
            )
        check_fields(spec, recipe.generation.sampling, "generation.sampling")
    if roles and recipe.generation.adaptive:
        require(recipe.verification)
    for role in sorted(roles):
        context.servers.check(_model(recipe, role))


def _model(recipe: Recipe, role: str) -> ModelSpec:
    """Return the model that answers: the teacher, or `general` what needs no reasoning."""
    spec = recipe.models.teacher if role == "teacher" else recipe.models.general
    if spec is None:
        sampled = ", ".join(one.name for one in _split(recipe)[0] if one.model == role)
        raise UserError(
            f"recipe {recipe.name}: sources {sampled} bring no traces, and there is no "
            f"models.{role} to write them. Name one, map fields.trace, or name a layout."
        )
    return spec


def _split(recipe: Recipe) -> tuple[list[Source], list[Source]]:
    """Return the sources whose problems are asked, and those that bring traces."""
    brings = [source for source in recipe.prompts if brings_traces(source)]
    return [source for source in recipe.prompts if source not in brings], brings


def run(context: Context, shards: Path | None = None) -> None:
    """Sample the teacher on the chosen problems, and import the traces that sources bring.

    Args:
        context: recipe, home, servers, console.
        shards: where shards of the run lie; they are merged first. None: in the run's folder.

    Raises:
        UserError: if no problems were chosen yet, and whatever sampling and reading raise.
    """
    recipe = context.recipe
    sampled, brings = _split(recipe)
    with stage_run(context, "generate") as (current, warehouse):
        merge(context, warehouse, shards)
        prompts = _prompts(warehouse, recipe, [one for one in sampled if one.model == "teacher"])
        general = _prompts(warehouse, recipe, [one for one in sampled if one.model == "general"])
        _refuse_without_prompts(warehouse, recipe)
        for source in brings:
            if is_there(source, context.data):
                _say_imported(context, import_traces(context, current, warehouse, source))
            else:
                context.console.print(f"{escape(source.name)}: skipped, its file is not here.")
        if prompts and recipe.generation.adaptive:
            _say_adaptive(context, _sample_adaptively(context, current, warehouse, prompts))
        elif prompts:
            report = _sample(context, current, warehouse, prompts, "teacher")
            context.console.print(sampled_summary(report))
        if general:
            report = _sample(context, current, warehouse, general, "general")
            context.console.print(f"general: {sampled_summary(report)}")


def chosen_prompts(context: Context, warehouse: Warehouse) -> list[Prompt]:
    """Return what the recipe wants the teacher to be asked.

    Raises:
        UserError: if no problems were chosen yet.
    """
    recipe = context.recipe
    _refuse_without_prompts(warehouse, recipe)
    asked = [source for source in _split(recipe)[0] if source.model == "teacher"]
    return _prompts(warehouse, recipe, asked)


def teacher_of(recipe: Recipe) -> ModelSpec:
    """Return the model that writes the traces."""
    return _model(recipe, "teacher")


def _prompts(warehouse: Warehouse, recipe: Recipe, sources: Sequence[Source]) -> list[Prompt]:
    rows = warehouse.query(
        "generate_prompts",
        run_id=recipe.run_id("prompts"),
        sources=[source.name for source in sources],
    )
    return [Prompt(prompt_id=row["prompt_id"], messages=row["messages"]) for row in rows]


def _refuse_without_prompts(warehouse: Warehouse, recipe: Recipe) -> None:
    (row,) = warehouse.query("generate_num_prompts", run_id=recipe.run_id("prompts"))
    if not row["num_prompts"]:
        raise UserError(
            f"recipe {recipe.name}: no problems were chosen yet. `make prompts "
            f"RECIPE={recipe.name}` does it."
        )


def _sample(
    context: Context, current: Run, warehouse: Warehouse, prompts: Sequence[Prompt], role: str
) -> CollectReport:
    generation = context.recipe.generation
    num_samples = generation.num_samples if role == "teacher" else generation.general_samples
    return collect(
        context,
        current,
        warehouse,
        spec=_model(context.recipe, role),
        prompts=prompts,
        sampling=generation.sampling,
        stream=generation.stream,
        num_samples=num_samples,
        title="generate",
        num_continuations=generation.num_continuations,
        tokens=generation.tokens,
    )


def _sample_adaptively(
    context: Context, current: Run, warehouse: Warehouse, prompts: Sequence[Prompt]
) -> AdaptiveReport:
    return collect_adaptively(
        context,
        current,
        warehouse,
        spec=_model(context.recipe, "teacher"),
        prompts=prompts,
        generation=context.recipe.generation,
    )


def _say_adaptive(context: Context, report: AdaptiveReport) -> None:
    """Say what was asked, what was saved, and which prompts were never solved."""
    tally, sampled, most = report.tally, report.sampled, context.recipe.generation.num_samples
    wanted = context.recipe.generation.adaptive
    assert wanted
    say = context.console.print
    new = f"{sampled.num_answered} new" if sampled.num_answered else "nothing is new"
    say(
        f"{tally.num_prompts} prompts: {tally.num_enough} with {wanted.num_correct} correct, "
        f"{tally.num_short} with fewer of {most}, {tally.num_unsolved} never solved; "
        f"{report.num_found} traces found, {new}, {sampled.num_failed} failed; "
        f"{sampled.completion_tokens:,} tokens in {sampled.seconds:.0f} s. "
        f"{most} of every prompt would have cost about {report.tokens_saved:,.0f} tokens more."
    )
    if tally.num_unsolved:
        say(
            "Those never solved are kept: `select problem_id from pass_rate_by_problem where "
            "num_correct = 0`."
        )
    if num_open := tally.num_prompts - tally.num_done:
        say(
            f"{num_open} prompts were given up before that: "
            f"{tally.spent:,} of {wanted.token_budget or 0:,} tokens are spent, or their requests "
            "failed. Raise generation.adaptive.token_budget, or run it again."
        )


def sampled_summary(report: CollectReport) -> str:
    """Return one sentence on what sampling found and did."""
    num_wanted = report.num_found + report.num_asked
    if not report.num_asked:
        return f"{num_wanted} traces wanted, all there. Nothing is new."
    rate = report.completion_tokens / max(report.seconds, 1e-9)
    parts = [f"{report.num_ok} finished", f"{report.num_length} reached the token limit"]
    parts += [f"{report.num_refused} refused"] if report.num_refused else []
    parts += [f"{report.num_failed} failed"] if report.num_failed else []
    return (
        f"{num_wanted} traces wanted, {report.num_found} found, {report.num_asked} asked: "
        f"{', '.join(parts)}; {report.completion_tokens:,} tokens in {report.seconds:.0f} s, "
        f"{rate:,.0f} tokens/s."
    )


def _say_imported(context: Context, report: ImportReport) -> None:
    new = f"{report.num_new} new" if report.num_new else "nothing is new"
    context.console.print(
        f"{escape(report.source)}: {report.num_traces} traces imported, {new}; "
        f"{report.num_held_out} left out, their problems were not chosen."
    )
    if report.broken:
        context.console.print(f"{len(report.broken)} broken rows left out:")
    for complaint in report.broken[:MOST_BROKEN]:
        context.console.print(f"    {escape(complaint)}", soft_wrap=True)
    if len(report.broken) > MOST_BROKEN:
        context.console.print("    ... and more; the run's log names each.")


def attempts_of(warehouse: Warehouse, recipe: Recipe) -> list[UUID]:
    """Return the attempts that the recipe's generate run asked for or imported.

    Raises:
        UserError: if there are none, naming the command that makes them.
    """
    rows = warehouse.query("run_traces", run_id=recipe.run_id("generate"))
    if not rows:
        raise UserError(
            f"recipe {recipe.name}: there are no traces yet. `make generate RECIPE={recipe.name}` "
            "makes them."
        )
    return [row["attempt_id"] for row in rows]
