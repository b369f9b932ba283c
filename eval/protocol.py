"""What a recipe's evaluation asks for, and whether that can work."""

from collections.abc import Sequence

from distill.benchmarks import Benchmark, load
from distill.config.models import ModelSpec
from distill.config.recipe import Recipe
from distill.config.training import BenchmarkSpec, Format
from distill.errors import UserError
from distill.runs.context import Context
from distill.serving.hosted import check_fields
from distill.verify.registry import require
from eval.statistics import Method


def check(context: Context) -> None:
    """Refuse a recipe whose evaluation cannot work, before anything is asked.

    Raises:
        UserError: without benchmarks or models, for problems that no verifier of the recipe could
            check or this machine cannot run, for responses that no model could hold, and for
            models that cannot be served.
    """
    specs = _specs(context.recipe)
    require(context.recipe.verification)
    _check_lengths(context.recipe, specs)
    for benchmark in load_benchmarks(context):
        _check_verifiers(context.recipe, benchmark)
    for spec in specs.values():
        check_fields(spec, context.recipe.evaluation.sampling, "evaluation.sampling")
        context.servers.check(spec)


def _specs(recipe: Recipe) -> dict[str, ModelSpec]:
    specs: dict[str, ModelSpec] = {
        f"student.bases.{name}": base for name, base in recipe.student.bases.items()
    }
    specs |= {
        f"student.bases.{name}.checkpoint": base.trained_to(base.checkpoint)
        for name, base in recipe.student.bases.items()
        if base.checkpoint
    }
    if recipe.models.teacher:
        specs["models.teacher"] = recipe.models.teacher
    if not specs:
        raise UserError(
            f"recipe {recipe.name}: it names neither models.teacher nor student.bases, so there is "
            "nobody to evaluate."
        )
    return specs


def _check_lengths(recipe: Recipe, specs: dict[str, ModelSpec]) -> None:
    longest = recipe.evaluation.sampling.max_tokens
    for where, spec in specs.items():
        if longest >= spec.max_model_len:
            raise UserError(
                f"{where}.max_model_len: {spec.max_model_len} tokens cannot hold a prompt and the "
                f"{longest} of evaluation.sampling.max_tokens. Raise the one or lower the other."
            )


def _check_verifiers(recipe: Recipe, benchmark: Benchmark) -> None:
    used = recipe.verification.verifiers
    golds = {verifier for problem in benchmark.problems for verifier in problem.golds}
    if golds.isdisjoint(used):
        raise UserError(
            f"benchmark {benchmark.name}: {', '.join(sorted(golds))} checks its answers, but "
            f"verification.verifiers names only {', '.join(used) or 'none'}. Add it there."
        )


def load_benchmarks(context: Context) -> list[Benchmark]:
    """Return the benchmarks whose data is here.

    Raises:
        UserError: if there is none, or one is named twice.
    """
    specs = context.recipe.evaluation.benchmarks
    names = [spec.name for spec in specs]
    if twice := {name for name in names if names.count(name) > 1}:
        raise UserError(
            f"evaluation.benchmarks: {', '.join(sorted(twice))} stands there twice. "
            "A benchmark goes by its name: keep one of each."
        )
    loaded = [benchmark for spec in specs if (benchmark := load(spec, context.data))]
    if not loaded:
        named = ", ".join(names) or "none is named"
        raise UserError(
            f"evaluation.benchmarks of recipe {context.recipe.name}: nothing to evaluate on "
            f"({named}). Name one that needs no data, such as rg/chain_sum, or give --data."
        )
    return loaded


def skipped(recipe: Recipe, benchmarks: Sequence[str]) -> str:
    """Return a sentence about the recipe's benchmarks that are not among these, or nothing."""
    missing = [s.name for s in recipe.evaluation.benchmarks if s.name not in benchmarks]
    if not missing:
        return ""
    return (
        f"{len(missing)} of {len(recipe.evaluation.benchmarks)} benchmarks skipped, their data is "
        f"not here: {', '.join(missing)}. Give the folder with --data."
    )


def formats(recipe: Recipe) -> dict[str, Format]:
    """Return how each role is asked: students as they were trained, their answer not begun."""
    return {
        "teacher": recipe.evaluation.teacher,
        "base": recipe.evaluation.base,
        "student": Format(wording=recipe.student.wording),
    }


def wording_of(role: str, asked: Format, benchmark: BenchmarkSpec) -> str:
    """Return the wording of a role on a benchmark; students know that of their training only."""
    own = None if role == "student" else benchmark.wording
    return own or asked.wording


def method_of(recipe: Recipe) -> Method:
    """Return how the recipe wants its intervals."""
    asked = recipe.evaluation
    return Method(confidence=asked.confidence, num_resamples=asked.num_resamples, seed=asked.seed)
