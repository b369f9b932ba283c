"""Stage prompts: problems from the recipe's sources, their references, and how they are asked."""

from collections import Counter

from rich.markup import escape
from rich.table import Table

from datagen.gather import Gathered, gather, relations
from datagen.problem_report import problem_report
from datagen.problems import Judged, judge
from datagen.references import KeptOut, kept_out
from datagen.rules import rules_of
from datagen.sources.seeds import check_seeds
from distill.config.recipe import Recipe
from distill.errors import UserError
from distill.runs.context import Context
from distill.runs.run import Run, write_atomically
from distill.verify.registry import verifier
from warehouse.database import Warehouse
from warehouse.stage import stage_run

ROWS_AN_INSERT = 20_000


def check(context: Context) -> None:
    """Refuse a recipe whose sources cannot be read to their end, or whose rules cannot rule.

    Raises:
        UserError: naming source, row and way out.
    """
    _check(context.recipe)
    apart = kept_out(context.recipe, context.data)
    rules_of(context.recipe.problem_filters, "problem", apart)
    gather(context.recipe, context.data, apart.exactly)


def _check(recipe: Recipe) -> None:
    if not recipe.prompts:
        raise UserError(
            f"recipe {recipe.name}: it names no [[prompts]], so there is nothing to ask. Add a "
            "source: a reasoning-gym family, a file or a Hub dataset."
        )
    check_seeds(recipe)
    for name in recipe.verification.verifiers:
        verifier(name, "verification.verifiers")


def run(context: Context) -> None:
    """Bring the problems of all sources into the warehouse, each once, and rule on them.

    Raises:
        UserError: as check() does, and if no problem is left.
    """
    recipe = context.recipe
    _check(recipe)
    apart = kept_out(recipe, context.data)
    rules = rules_of(recipe.problem_filters, "problem", apart)
    gathered = gather(recipe, context.data, apart.exactly)
    judged = judge(gathered, rules, apart)
    if not any(p.problem_id not in judged.dropped for one in gathered.taken for p in one.problems):
        losses = Counter(loss.reason for loss in judged.losses).most_common()
        why = "; ".join(f"{number} {reason}" for reason, number in losses) or "they are empty"
        raise UserError(f"recipe {recipe.name}: no problem of its sources is left to ask: {why}")
    with stage_run(context, "prompts") as (current, warehouse):
        num_new = _insert(warehouse, recipe, current, gathered, judged)
    context.console.print(_table(gathered, judged))
    for sentence in _notes(gathered, judged, apart, num_new):
        context.console.print(escape(sentence))
    if judged.losses:
        folder = context.home.root / "reports"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{recipe.name}-problems.md"
        write_atomically(path, problem_report(recipe, judged, apart))
        context.console.print(f"why, one by one: {escape(str(path))}", soft_wrap=True)


def _insert(
    warehouse: Warehouse, recipe: Recipe, run: Run, gathered: Gathered, judged: Judged
) -> int:
    """Write what was found; return how many rows were new."""
    num_new = 0
    for relation, rows in relations(gathered, recipe, run.run_id, judged.dropped).items():
        for begin in range(0, len(rows), ROWS_AN_INSERT):
            portion = rows[begin : begin + ROWS_AN_INSERT]
            if relation == "golds":
                num_new += warehouse.insert_golds(portion)
            else:
                num_new += warehouse.insert(relation, portion)
    for begin in range(0, len(judged), ROWS_AN_INSERT):
        rulings = judged.rows(begin, begin + ROWS_AN_INSERT)
        num_new += warehouse.insert("problem_filter_results", rulings)
    return num_new


def _table(gathered: Gathered, judged: Judged) -> Table:
    """Return what each source gave; a problem that several rules drop counts for the first."""
    rules = list(dict.fromkeys(loss.filter for loss in judged.losses))
    table = Table("source", "domain", "licence", "asked", "repeated", *map(escape, rules))
    for column in table.columns[3:]:
        column.justify = "right"
    first = {loss.problem.problem_id: loss for loss in reversed(judged.losses)}
    lost = Counter((loss.source, loss.filter) for loss in first.values())
    for one in gathered.taken:
        num_lost = [lost[one.source.name, rule] for rule in rules]
        num_found = len(one.problems) + len(one.held_out)
        table.add_row(
            escape(one.source.name),
            one.source.domain,
            escape(one.source.licence),
            str(num_found - sum(num_lost)),
            str(len(one.repeated) + one.num_seeds_repeated),
            *map(str, num_lost),
        )
    return table


def _notes(gathered: Gathered, judged: Judged, apart: KeptOut, num_new: int) -> list[str]:
    num_found = sum(len(one.problems) + len(one.held_out) for one in gathered.taken)
    notes = [
        f"{num_found - len(judged.dropped)} problems to ask."
        + ("" if num_new else " Nothing is new.")
    ]
    if gathered.skipped:
        names = ", ".join(source.name for source in gathered.skipped)
        notes.append(
            f"Optional sources skipped, as their files are not here: {len(gathered.skipped)} "
            f"({names}). Give the folder with --data."
        )
    if apart.missing:
        notes.append(
            f"Benchmarks that are not here, so that nothing was compared with them: "
            f"{len(apart.missing)} ({', '.join(apart.missing)})."
        )
    return notes
