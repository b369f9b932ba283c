"""Stage verify: every trace checked against its problem's references."""

from datagen.generate import attempts_of
from distill.runs.context import Context
from distill.verify.registry import require
from warehouse.judging import require_judge
from warehouse.stage import stage_run
from warehouse.verdicts import VerdictCounts, verify_attempts


def check(context: Context) -> None:
    """Refuse verifiers that do not exist, or that this machine cannot run, and a missing judge.

    Raises:
        UserError: naming the nearest, or what to install.
    """
    require(context.recipe.verification)
    require_judge(context)


def run(context: Context) -> None:
    """Check what the recipe's verifiers have not checked yet, at their versions of today.

    Raises:
        UserError: if there are no traces yet.
    """
    with stage_run(context, "verify") as (current, warehouse):
        attempt_ids = attempts_of(warehouse, context.recipe)
        counts = verify_attempts(context, current, warehouse, attempt_ids)
    context.console.print(summary(counts))


def summary(counts: VerdictCounts) -> str:
    """Return one sentence on what was checked, and how it came out."""
    new = f"{counts.num_new} checks made" if counts.num_new else "Nothing is new"
    shown = {**counts.decisions}
    unchecked = shown.pop("none", 0)
    parts = [f"{number} {decision}" for decision, number in shown.items()]
    parts += [f"{unchecked} without a reference"] if unchecked else []
    return f"{counts.num_attempts} traces: {', '.join(parts)}. {new}."
