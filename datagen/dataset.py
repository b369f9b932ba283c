"""Stage dataset: the training mix, arm by arm."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from rich.markup import escape
from rich.table import Table

from datagen.generate import attempts_of
from datagen.selection import Candidate, Chosen, choose_traces
from distill.config.curation import Arm
from distill.config.recipe import Recipe
from distill.errors import UserError
from distill.ids import content_id, prompt_id
from distill.runs.context import Context
from warehouse.database import Warehouse
from warehouse.stage import stage_run
from warehouse.verdicts import unverified

WEIGHT = 1.0


def check(context: Context) -> None:
    """Refuse an arm that could never be large enough.

    Raises:
        UserError: naming the two settings.
    """
    selection = context.recipe.selection
    arm = selection.arms[selection.train_on]
    most = [arm.max_traces] if arm.max_traces is not None else []
    most += [sum(arm.quotas.values())] if arm.quotas else []
    if most and min(most) < selection.min_traces:
        raise UserError(
            f"selection.arms.{selection.train_on} takes {min(most)} traces, less than "
            f"selection.min_traces = {selection.min_traces}. Raise the one or lower the other."
        )


def run(context: Context) -> None:
    """Choose each arm's traces from those of the recipe's generate run.

    Raises:
        UserError: if traces, verdicts or rulings are missing, naming the command that makes them,
            and if the arm to train on comes out smaller than the recipe demands.
    """
    recipe = context.recipe
    with stage_run(context, "dataset") as (current, warehouse):
        attempt_ids = attempts_of(warehouse, recipe)
        used = _used(warehouse, recipe, attempt_ids)
        candidates = _candidates(warehouse, recipe)
        chosen = {name: _choose(candidates, recipe, name) for name in recipe.selection.arms}
        _refuse_too_few(recipe, chosen[recipe.selection.train_on])
        num_new = 0
        for name, one in chosen.items():
            if one.items:
                num_new += _store(warehouse, recipe, current.run_id, name, one, used)
        licences = warehouse.query("dataset_licences", sources=[s.name for s in recipe.prompts])
    _say(context, chosen, licences)
    if not num_new:
        context.console.print("Nothing is new.")


def _share(recipe: Recipe) -> float:
    return recipe.selection.validation_share


def _rules(recipe: Recipe, arm: Arm) -> set[str]:
    return {spec.name for spec in recipe.filters} if arm.filters is None else set(arm.filters)


def _used(
    warehouse: Warehouse, recipe: Recipe, attempt_ids: Sequence[UUID]
) -> list[dict[str, Any]]:
    """Return the verifiers and filters that the selection rests on.

    Raises:
        UserError: if they have not seen all traces.
    """
    verify_run, filter_run = recipe.run_id("verify"), recipe.run_id("filter")
    used = warehouse.query("dataset_used", verify_run=verify_run, filter_run=filter_run)
    kinds = Counter(row["kind"] for row in used)
    is_verified = kinds["verifier"] == len(recipe.verification.verifiers)
    if not is_verified or unverified(warehouse, verify_run, attempt_ids):
        raise UserError(
            f"recipe {recipe.name}: not all traces were verified yet. "
            f"`make verify RECIPE={recipe.name}` does it."
        )
    is_filtered = kinds["filter"] == len(recipe.filters)
    of_run = {"run_id": filter_run, "asking_run": recipe.run_id("generate")}
    if not is_filtered or warehouse.query("filter_missing", **of_run)[0]["num_missing"]:
        raise UserError(
            f"recipe {recipe.name}: not all traces were filtered yet. "
            f"`make filter RECIPE={recipe.name}` does it."
        )
    return used


def _candidates(warehouse: Warehouse, recipe: Recipe) -> list[Candidate]:
    domains = {source.name: source.domain for source in recipe.prompts}
    rows = warehouse.query(
        "dataset_candidates",
        asking_run=recipe.run_id("generate"),
        sources=list(domains),
        filter_run=recipe.run_id("filter"),
    )
    for row in rows:
        row["failed_filters"] = tuple(row["failed_filters"])
        row["domain"] = domains[row["source"]]
    return [Candidate(**row) for row in rows]


def _choose(candidates: Sequence[Candidate], recipe: Recipe, name: str) -> Chosen:
    arm, seed = recipe.selection.arms[name], recipe.selection.seed
    try:
        return choose_traces(candidates, arm, _rules(recipe, arm), _share(recipe), seed)
    except UserError as error:
        raise UserError(f"arm {name}: {error}") from error


def _refuse_too_few(recipe: Recipe, chosen: Chosen) -> None:
    name, wanted = recipe.selection.train_on, recipe.selection.min_traces
    if chosen.num("train") >= wanted:
        return
    losses = Counter(chosen.left_out).most_common(4)
    lost = "; ".join(f"{reason} ({number})" for reason, number in losses) or "nothing"
    raise UserError(
        f"selection.arms.{name}: {chosen.num('train')} traces to train on, fewer than "
        f"selection.min_traces = {wanted}. Most were lost to: {lost}. Raise "
        "generation.num_samples or the sizes of sources, or relax the arm or the filters."
    )


def _store(
    warehouse: Warehouse,
    recipe: Recipe,
    run_id: UUID,
    name: str,
    chosen: Chosen,
    used: Sequence[dict[str, Any]],
) -> int:
    """Write an arm; return how many rows were new."""
    prompts = _training_prompts(warehouse, recipe, chosen)
    items = [
        {
            "attempt_id": item.candidate.attempt_id,
            "training_prompt_id": prompts[item.candidate.problem_id]["prompt_id"],
            "split": item.split,
            "weight": WEIGHT,
        }
        for item in chosen.items
    ]
    dataset_id = content_id(items)
    selection = {
        "arm": recipe.selection.arms[name].model_dump(mode="json"),
        "validation_share": _share(recipe),
        "seed": recipe.selection.seed,
        "wording": recipe.wordings[recipe.student.wording].model_dump(mode="json"),
        "rules": list(used),
    }
    dataset = {"dataset_id": dataset_id, "num_items": len(items), "created": datetime.now(UTC)}
    arm = {
        "dataset_id": dataset_id,
        "arm": name,
        "selection_hash": content_id(selection),
        "run_id": run_id,
        "selection": selection,
    }
    with warehouse.write():
        warehouse.insert("prompts", list(prompts.values()))
        warehouse.insert(
            "dataset_items",
            [item | {"dataset_id": dataset_id, "position": n} for n, item in enumerate(items)],
        )
        warehouse.insert("datasets", [dataset])
        return warehouse.insert("dataset_arms", [arm])


def _training_prompts(
    warehouse: Warehouse, recipe: Recipe, chosen: Chosen
) -> dict[UUID, dict[str, Any]]:
    """Return the prompts that students are trained with, by problem."""
    wording = recipe.wordings[recipe.student.wording]
    problem_ids = {item.candidate.problem_id for item in chosen.items}
    rows = warehouse.query("dataset_problems", problem_ids=list(problem_ids))
    prompts = {}
    for row in rows:
        messages = wording.messages(row["text"])
        prompts[row["problem_id"]] = {
            "prompt_id": prompt_id(messages),
            "messages": messages,
            "problem_id": row["problem_id"],
            "wording": recipe.student.wording,
        }
    return prompts


def _say(context: Context, chosen: dict[str, Chosen], licences: Sequence[dict[str, Any]]) -> None:
    """Print what came from where under which licence, and why the rest was left out."""
    known = {row["source"]: row for row in licences}
    table = Table(
        "arm", "source", "domain", "licence", "train", "validation", "left out, mostly as"
    )
    for name, one in chosen.items():
        counts = Counter((item.candidate.source, item.split) for item in one.items)
        losses: dict[str, dict[str, int]] = {}
        for (source, reason), number in one.left_out_of.items():
            losses.setdefault(source, {})[reason] = number
        for source in sorted(losses.keys() | {source for source, _ in counts}):
            row = known[source]
            lost = _sorted(losses.get(source, {}))
            table.add_row(
                escape(name),
                escape(source),
                row["domain"],
                escape(row["licence"]),
                *(str(counts[source, split]) for split in ("train", "validation")),
                escape(f"{sum(n for _, n in lost)}: {lost[0][0]}" if lost else "0"),
            )
    context.console.print(table)
    for name, one in chosen.items():
        losses_ = ", ".join(f"{number} {reason}" for reason, number in _sorted(one.left_out))
        trained = " (trained on)" if name == context.recipe.selection.train_on else ""
        context.console.print(
            f"{escape(name)}{trained}: {one.num('train')} + {one.num('validation')} traces; "
            f"left out: {escape(losses_) or 'none'}."
        )
        for domain, (have, quota) in one.short.items():
            context.console.print(f"{escape(name)}: {domain} falls short: {have} of {quota}.")


def _sorted(left_out: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(left_out.items(), key=lambda loss: (-loss[1], loss[0]))
