"""Who takes part in an evaluation: the teacher, the students' bases, the students themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from distill.config.models import ModelSpec
from distill.config.recipe import Recipe
from distill.config.training import Format
from distill.errors import UserError
from distill.models.identity import identify
from distill.runs.context import Context
from eval.protocol import formats
from warehouse.database import Warehouse


@dataclass(frozen=True, kw_only=True)
class Participant:
    """A role in a run."""

    role: str
    """teacher | base | student"""
    student: str | None
    """Whose base or checkpoint it is; None for the teacher."""
    spec: ModelSpec
    format: Format

    @property
    def title(self) -> str:
        """How messages call it."""
        return f"{self.role} {self.student}" if self.student else self.role


def participants(context: Context, warehouse: Warehouse) -> list[Participant]:
    """Return who takes part: students only once they are trained.

    Raises:
        UserError: for a base that is not there.
    """
    recipe = context.recipe
    specs: list[tuple[str, str | None, ModelSpec | None]] = [
        ("teacher", None, recipe.models.teacher),
        *(("base", name, base) for name, base in recipe.student.bases.items()),
        *(("student", n, _checkpoint(context, warehouse, n)) for n in recipe.student.bases),
    ]
    asked = formats(recipe)
    return [
        Participant(role=role, student=student, spec=spec, format=asked[role])
        for role, student, spec in specs
        if spec
    ]


def _checkpoint(context: Context, warehouse: Warehouse, name: str) -> ModelSpec | None:
    """Return the student that the recipe names or that its training made."""
    recipe, base = context.recipe, context.recipe.student.bases[name]
    if base.checkpoint:
        return base.trained_to(base.checkpoint)
    dataset = warehouse.query(
        "student_dataset", run_id=recipe.run_id("dataset"), arm=recipe.selection.train_on
    )
    if not dataset:
        return None
    found = warehouse.query(
        "student_checkpoint",
        base_weights_id=identify(base, context.home).weights_id,
        dataset_id=dataset[0]["dataset_id"],
        settings_hash=recipe.student.settings_hash(name),
    )
    if not found:
        return None
    folder = context.home.checkpoints / Path(found[0]["path"]).name  # the home may have moved
    return base.trained_to(str(folder))


def refuse_untrained(recipe: Recipe, found: Sequence[Participant]) -> None:
    """Refuse to evaluate students before there are any.

    Raises:
        UserError: names them, and what trains them.
    """
    trained = {part.student for part in found if part.role == "student"}
    missing = [name for name in recipe.student.bases if name not in trained]
    if missing:
        raise UserError(
            f"students {', '.join(missing)} of recipe {recipe.name} are not trained yet: "
            f"`distill sft --recipe {recipe.name}` does it."
        )
