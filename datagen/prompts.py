"""Stage prompts: problems from the recipe's sources, their references, and how they are asked."""

from rich.markup import escape
from rich.table import Table

from datagen.gather import Gathered, gather, relations
from datagen.sources.seeds import check_seeds
from distill.config.recipe import Recipe
from distill.errors import UserError
from distill.runs.context import Context
from distill.verify.registry import verifier
from warehouse.stage import stage_run

ROWS_AN_INSERT = 20_000


def check(context: Context) -> None:
    """Refuse a recipe whose sources cannot be read to their end.

    Raises:
        UserError: naming source, row and way out.
    """
    _check(context.recipe)
    gather(context.recipe, context.data)


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
    """Bring the problems of all sources into the warehouse, each once.

    Raises:
        UserError: as check() does, and if no problem is left.
    """
    recipe = context.recipe
    _check(recipe)
    gathered = gather(recipe, context.data)
    if not any(one.problems for one in gathered.taken):
        raise UserError(
            f"recipe {recipe.name}: its sources hold no problem that is not in its benchmarks too"
        )
    num_new = 0
    with stage_run(context, "prompts") as (current, warehouse):
        for relation, rows in relations(gathered, recipe, current.run_id).items():
            for begin in range(0, len(rows), ROWS_AN_INSERT):
                portion = rows[begin : begin + ROWS_AN_INSERT]
                if relation == "golds":
                    num_new += warehouse.insert_golds(portion)
                else:
                    num_new += warehouse.insert(relation, portion)
    context.console.print(_table(gathered))
    for sentence in _notes(gathered, num_new):
        context.console.print(escape(sentence))


def _table(gathered: Gathered) -> Table:
    table = Table("source", "domain", "problems", "repeated", "in a benchmark", "licence")
    for one in gathered.taken:
        table.add_row(
            escape(one.source.name),
            one.source.domain,
            str(len(one.problems)),
            str(len(one.repeated) + one.num_seeds_repeated),
            str(one.num_held_out),
            escape(one.source.licence),
        )
    return table


def _notes(gathered: Gathered, num_new: int) -> list[str]:
    num_problems = sum(len(one.problems) for one in gathered.taken)
    notes = [f"{num_problems} problems to ask." + ("" if num_new else " Nothing is new.")]
    if gathered.skipped:
        names = ", ".join(source.name for source in gathered.skipped)
        notes.append(
            f"Optional sources skipped, as their files are not here: {len(gathered.skipped)} "
            f"({names}). Give the folder with --data."
        )
    if gathered.missing:
        notes.append(
            f"Benchmarks that are not here, so that their problems were not looked for in the "
            f"sources: {len(gathered.missing)} ({', '.join(gathered.missing)})."
        )
    return notes
