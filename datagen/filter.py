"""Stage filter: the recipe's rules on every trace, each recorded with its reason."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from rich.table import Table

from datagen.filters import FILTERS, settings_of
from datagen.filters.base import Filter, Trace
from datagen.generate import attempts_of
from distill.config.base import Section
from distill.config.recipe import Recipe
from distill.errors import UserError
from distill.ids import content_id
from distill.runs.context import Context
from distill.runs.progress import track
from distill.runs.run import Run
from warehouse.buffer import Buffer
from warehouse.database import Warehouse
from warehouse.stage import stage_run

TRACES_A_QUERY = 500


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A filter with the settings that the recipe gives it."""

    filter: Filter[Any]
    settings: Section

    @cached_property
    def key(self) -> dict[str, Any]:
        """What results of this rule are kept under."""
        settings = self.settings.model_dump(mode="json")
        return {
            "filter": self.filter.name,
            "version": self.filter.version,
            "config_hash": content_id(settings),
        }


def rules_of(recipe: Recipe) -> list[Rule]:
    """Return the recipe's rules in their order.

    Raises:
        UserError: for unknown filters and settings, and filters named twice.
    """
    names = [spec.name for spec in recipe.filters]
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"filters: {name!r} is named twice; a recipe applies each filter once")
    return [
        Rule(settings=settings_of(spec.name, spec.settings), filter=FILTERS[spec.name])
        for spec in recipe.filters
    ]


def check(context: Context) -> None:
    """Refuse filters and settings that do not exist.

    Raises:
        UserError: naming the nearest.
    """
    rules_of(context.recipe)


def run(context: Context) -> None:
    """Apply each rule to the traces on which it has not ruled yet, in its version of today.

    Raises:
        UserError: if there are no traces yet.
    """
    rules = rules_of(context.recipe)
    with stage_run(context, "filter") as (current, warehouse):
        attempt_ids = attempts_of(warehouse, context.recipe)
        declared = [
            rule.key | {"run_id": current.run_id, "position": position}
            for position, rule in enumerate(rules)
        ]
        warehouse.insert("run_filters", declared)
        of_run = {"run_id": current.run_id, "attempt_ids": attempt_ids}
        todo = warehouse.query("filter_todo", **of_run)
        if todo:
            _apply(context, current, warehouse, rules, todo)
        waterfall = warehouse.query("filter_losses", **of_run)
    context.console.print(_table(waterfall))
    num_new = sum(len(row["positions"]) for row in todo)
    kept = waterfall[-1]["num_left"] if waterfall else len(attempt_ids)
    new = f"{num_new} rulings made." if num_new else "Nothing is new."
    context.console.print(f"{kept} of {len(attempt_ids)} traces pass every rule. {new}")


def _apply(
    context: Context,
    current: Run,
    warehouse: Warehouse,
    rules: Sequence[Rule],
    todo: Sequence[dict[str, Any]],
) -> None:
    with (
        track(context.console, current, "filter", len(todo), "traces") as advance,
        Buffer(warehouse, "filter_results") as buffer,
    ):
        for begin in range(0, len(todo), TRACES_A_QUERY):
            portion = todo[begin : begin + TRACES_A_QUERY]
            for row in _rulings(warehouse, rules, portion):
                buffer.add(row)
            advance(len(portion))


def _rulings(
    warehouse: Warehouse, rules: Sequence[Rule], portion: Sequence[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    missing: dict[UUID, list[int]] = {row["attempt_id"]: row["positions"] for row in portion}
    traces = warehouse.query(
        "filter_traces",
        attempt_ids=list(missing),
        first_row=portion[0]["attempt_row"],
        last_row=portion[-1]["attempt_row"],
    )
    for row in traces:
        attempt_id = row.pop("attempt_id")
        trace = Trace(**row)
        for position in missing[attempt_id]:
            rule = rules[position]
            ruling = rule.filter.apply(trace, rule.settings)
            yield rule.key | {
                "attempt_id": attempt_id,
                "keep": ruling.keep,
                "reason": ruling.reason,
                "score": ruling.score,
            }


def _table(waterfall: Sequence[dict[str, Any]]) -> Table:
    table = Table("rule", "drops", "first", "alone", "left", "most often")
    for row in waterfall:
        numbers = ("num_dropped", "num_dropped_first", "num_dropped_only", "num_left")
        table.add_row(row["filter"], *(str(row[name]) for name in numbers), row["top_reason"])
    return table
