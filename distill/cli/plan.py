"""`distill plan`: what a recipe will ask for, before anything is paid for."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import typer
from rich.table import Table

from distill.cli.options import (
    DEFAULT_RECIPE,
    DataOption,
    HomeOption,
    RecipeOption,
    SetOption,
    wide_console,
)
from distill.config.load import load_recipe
from distill.config.models import ModelSpec
from distill.config.recipe import Recipe
from distill.errors import UserError
from distill.models.resolve import local_folder
from distill.runs.home import Home
from distill.sizing.model import ModelSize, model_size

DEFAULT_BATCH = 256
"""Sequences at a time that vLLM batches by default on most machines."""
GIB = 2**30


@dataclass(frozen=True, kw_only=True)
class Need:
    """One line of the plan."""

    what: str
    amount: str
    how: str


def register(app: typer.Typer) -> None:
    """Add the sub-command."""
    app.command("plan", rich_help_panel="Looking around")(plan)


def plan(
    recipe: RecipeOption = DEFAULT_RECIPE,
    set_: SetOption = None,
    data: DataOption = None,
    home: HomeOption = None,
) -> None:
    """Say what a recipe will ask for: requests, tokens at most, memory. Starts nothing."""
    resolved, place = load_recipe(recipe, set_ or ()), Home.at(home)
    table = Table(title=f"recipe {resolved.name}", title_justify="left", box=None, pad_edge=False)
    table.add_column("what")
    table.add_column("amount", justify="right")
    table.add_column("how it was reckoned", style="dim")
    for need in [*requests(resolved), *memory(resolved, place)]:
        table.add_row(need.what, need.amount, need.how)
    wide_console().print(table)


def requests(recipe: Recipe) -> Iterator[Need]:
    """Reckon requests and the most tokens that they can return."""
    sizes = [
        source.size if source.kind == "reasoning-gym" else source.limit for source in recipe.prompts
    ]
    known = sum(size for size in sizes if size is not None)
    open_ended = sizes.count(None)
    how = f"{len(sizes)} sources" + (f"; {open_ended} more without a limit" if open_ended else "")
    yield Need(what="problems, at most", amount=f"{known:,}", how=how)
    if recipe.models.teacher:
        generation = recipe.generation
        traces = known * generation.num_samples
        yield Need(
            what="traces, at most", amount=f"{traces:,}", how=f"{generation.num_samples} a problem"
        )
        yield Need(
            what="their tokens, at most",
            amount=f"{traces * generation.sampling.max_tokens:,}",
            how=f"{generation.sampling.max_tokens:,} each",
        )
    evaluation = recipe.evaluation
    models = bool(recipe.models.teacher) + 2 * len(recipe.student.bases)
    problems = sum(spec.limit or 0 for spec in evaluation.benchmarks)
    yield Need(
        what="evaluation responses, at most",
        amount=f"{models * problems * evaluation.k:,}",
        how=f"{models} models x {problems:,} problems with a limit x k = {evaluation.k}",
    )


def memory(recipe: Recipe, home: Home) -> Iterator[Need]:
    """Reckon the memory of the models whose config.json is on this machine."""
    if recipe.models.teacher:
        yield from _serving("teacher", recipe.models.teacher, recipe, home)
    for name, base in recipe.student.bases.items():
        yield from _serving(f"student {name}", base, recipe, home)
        size = _size(base, home)
        if size and not recipe.student.sft_of(name).lora:
            yield Need(
                what=f"student {name}: training",
                amount=f"{size.training_bytes() / GIB:,.2f} GiB",
                how="float32 weights, gradients and AdamW's moments; activations come on top",
            )


def _serving(role: str, spec: ModelSpec, recipe: Recipe, home: Home) -> Iterator[Need]:
    size = _size(spec, home)
    if size is None:
        yield Need(
            what=f"{role}: {spec.source}", amount="?", how="config.json is not on this machine"
        )
        return
    yield Need(
        what=f"{role}: weights",
        amount=f"{size.weight_bytes(spec.dtype) / GIB:,.2f} GiB",
        how=f"{size.num_params / 1e6:,.1f}M parameters in {spec.dtype}",
    )
    num = recipe.requests.max_in_flight or DEFAULT_BATCH
    tokens = num * spec.max_model_len
    yield Need(
        what=f"{role}: KV cache, at most",
        amount=f"{size.kv_bytes(tokens, spec.dtype) / GIB:,.2f} GiB",
        how=f"{num} in flight x {spec.max_model_len:,} tokens; less is slower, not wrong",
    )


def _size(spec: ModelSpec, home: Home) -> ModelSize | None:
    folder = local_folder(spec, home)
    if folder is None:
        return None
    try:
        return model_size(json.loads((folder / "config.json").read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise UserError(f"model {folder}: config.json cannot be read: {error}") from error
