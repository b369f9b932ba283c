"""Stage filter: the recipe's rules on every trace, each recorded with its reason."""

from collections.abc import Iterator, Sequence
from typing import Any, Self
from uuid import UUID

import pyarrow as pa
from rich.table import Table

from datagen.curate import WORTH_A_POOL, Ruled, Todo, curate, num_workers
from datagen.duplicates import rule_on_duplicates
from datagen.filters.base import Trace
from datagen.generate import attempts_of
from datagen.references import kept_out
from datagen.rules import Rule, rules_of
from distill.runs.context import Context
from distill.runs.progress import track
from distill.runs.run import Run
from warehouse.database import Warehouse
from warehouse.scripts import statement
from warehouse.stage import stage_run

TRACES_A_QUERY = 500
ROWS_AN_INSERT = 20_000


def check(context: Context) -> None:
    """Refuse filters and settings that do not exist, and cases that come out otherwise.

    Raises:
        UserError: naming the nearest, or the case.
    """
    rules_of(context.recipe.filters, "trace", kept_out(context.recipe, context.data))


def run(context: Context) -> None:
    """Apply each rule to the traces on which it has not ruled yet, in its version of today.

    Raises:
        UserError: if there are no traces yet.
    """
    rules = rules_of(context.recipe.filters, "trace", kept_out(context.recipe, context.data))
    comparing = [n for n, rule in enumerate(rules) if rule.filter.needs_all]
    with stage_run(context, "filter") as (current, warehouse):
        with warehouse.read() as connection:
            connection.execute(statement("limit_memory"))
        num_traces = len(attempts_of(warehouse, context.recipe))
        alone = [n for n in range(len(rules)) if n not in comparing]
        warehouse.insert("run_filters", [_declared(current, n, rules[n].key) for n in alone])
        of_run = {"run_id": current.run_id, "asking_run": context.recipe.run_id("generate")}
        todo = _todo(warehouse, rules, comparing, of_run)
        num_new = _apply(context, current, warehouse, rules, todo) if len(todo) else 0
        for position in comparing:
            key, num_rulings = rule_on_duplicates(warehouse, rules[position], comparing, of_run)
            num_new += num_rulings
            warehouse.insert("run_filters", [_declared(current, position, key)])
        waterfall = warehouse.query("filter_losses", **of_run)
    context.console.print(_table(waterfall))
    kept = waterfall[-1]["num_left"] if waterfall else num_traces
    new = f"{num_new} rulings made." if num_new else "Nothing is new."
    context.console.print(f"{kept} of {num_traces} traces pass every rule. {new}")


def _declared(run: Run, position: int, key: dict[str, Any]) -> dict[str, Any]:
    return key | {"run_id": run.run_id, "position": position}


def _todo(
    warehouse: Warehouse, rules: Sequence[Rule], comparing: Sequence[int], of_run: dict[str, UUID]
) -> pa.Table:
    """Return attempt_row, is_continuation and the positions of the rules that have to see it."""
    hashes = [str(rules[position].key["config_hash"]) for position in comparing]
    return warehouse.table("filter_todo", **of_run, comparing=list(comparing), hashes=hashes)


def _apply(
    context: Context, run: Run, warehouse: Warehouse, rules: Sequence[Rule], todo: pa.Table
) -> int:
    """Write what the rules say; return how many rulings that were."""
    sources = [source.name for source in context.recipe.prompts]
    asking_run = context.recipe.run_id("generate")
    workers = num_workers() if len(todo) >= WORTH_A_POOL else 1
    num_rulings = 0
    with track(context.console, run, "filter", len(todo), "traces") as advance:
        traces = _traces(warehouse, todo, asking_run, sources)
        with _Rows(warehouse) as rows:
            for ruled in curate(traces, rules, num_workers=workers):
                for relation, table in tables(ruled, rules):
                    rows.add(relation, table)
                num_rulings += len(ruled.keys)
                advance(ruled.num_traces)
    return num_rulings


class _Rows:
    """Collects tables; leaving the block, by an interrupt too, inserts what is left."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._tables: dict[str, list[pa.Table]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._flush()

    def add(self, relation: str, table: pa.Table) -> None:
        self._tables.setdefault(relation, []).append(table)
        if sum(map(len, self._tables[relation])) >= ROWS_AN_INSERT:
            self._flush()

    def _flush(self) -> None:
        for relation, tables in self._tables.items():
            self._warehouse.insert(relation, pa.concat_tables(tables))
        self._tables = {}


def _traces(
    warehouse: Warehouse, todo: pa.Table, asking_run: UUID, sources: Sequence[str]
) -> Iterator[Todo]:
    for begin in range(0, len(todo), TRACES_A_QUERY):
        page = todo.slice(begin, TRACES_A_QUERY).to_pydict()
        positions = dict(zip(page["attempt_row"], page["positions"], strict=True))
        for row in warehouse.query(
            "filter_traces",
            asking_run=asking_run,
            sources=sources,
            first_row=page["attempt_row"][0],
            last_row=page["attempt_row"][-1],
            with_continued=any(page["is_continuation"]),
        ):
            if wanted := positions.get(row["attempt_row"]):
                yield Todo(key=str(row["attempt_id"]), trace=_trace(row), positions=wanted)


def _trace(row: dict[str, Any]) -> Trace:
    text = row["text"]

    def part(name: str) -> str | None:
        begin = row[f"{name}_begin"]
        return None if begin is None else text[begin : row[f"{name}_end"]]

    return Trace(
        text=text,
        shape=row["shape"],
        reasoning=part("reasoning"),
        answer=part("answer"),
        outcome=row["outcome"],
        completion_tokens=row["completion_tokens"],
        prompt=row["prompt"],
        golds=tuple(row["golds"] or ()),
        domain=row["domain"],
    )


def tables(ruled: Ruled, rules: Sequence[Rule]) -> Iterator[tuple[str, pa.Table]]:
    """Yield the rows of relations that hold what was ruled, as the warehouse takes them."""
    if ruled.keys:
        keys = [{name: str(value) for name, value in rule.key.items()} for rule in rules]
        columns: dict[str, Any] = {
            name: [keys[n][name] for n in ruled.positions] for name in keys[0]
        }
        columns |= {"attempt_id": ruled.keys, "keep": ruled.keep, "reason": ruled.reasons}
        scores = pa.array(ruled.scores, pa.float64())
        yield "filter_results", pa.table(columns | {"score": scores})
    for position, (attempt_ids, numbers) in ruled.alike.items():
        config_hash = str(rules[position].key["config_hash"])
        columns = {"attempt_id": attempt_ids, "config_hash": [config_hash] * len(attempt_ids)}
        yield "text_keys", pa.table(columns | {"keys": numbers.tolist()})


def _table(waterfall: Sequence[dict[str, Any]]) -> Table:
    table = Table("rule", "drops", "first", "alone", "left", "most often")
    for row in waterfall:
        numbers = ("num_dropped", "num_dropped_first", "num_dropped_only", "num_left")
        table.add_row(row["filter"], *(str(row[name]) for name in numbers), row["top_reason"])
    return table
