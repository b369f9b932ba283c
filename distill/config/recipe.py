"""The recipe: everything that a run depends on."""

from typing import Any
from uuid import UUID

from pydantic import model_validator

from distill.config.base import Section
from distill.config.curation import Decontamination, FilterSpec, Selection
from distill.config.models import Models, Wording
from distill.config.prompts import Generation, Requests, Source, Verification
from distill.config.training import Evaluation, Student
from distill.errors import nearest
from distill.ids import content_id


class Recipe(Section):
    """A resolved recipe: defaults < TOML < --set."""

    name: str
    """Names the runs."""
    description: str = ""
    """One line for `distill recipes`."""
    models: Models = Models()
    """Models by role."""
    wordings: dict[str, Wording] = {"plain": Wording()}
    """Named ways of asking a problem."""
    prompts: tuple[Source, ...] = ()
    """Where problems come from, in the order of precedence for problems that occur twice."""
    problem_filters: tuple[FilterSpec, ...] = (FilterSpec(name="contaminated"),)
    """Rules that problems must pass before they are asked."""
    decontamination: Decontamination = Decontamination()
    """What neither problems nor traces may share words with."""
    generation: Generation = Generation()
    """How traces are sampled."""
    requests: Requests = Requests()
    """How servers are talked to."""
    verification: Verification = Verification()
    """How answers are checked."""
    filters: tuple[FilterSpec, ...] = ()
    """Rules that traces must pass, each recorded apart."""
    selection: Selection = Selection()
    """How the training mix is chosen."""
    student: Student = Student()
    """What is trained."""
    evaluation: Evaluation = Evaluation()
    """What is measured."""

    @model_validator(mode="after")
    def _names_exist(self) -> "Recipe":
        wordings = [(f"prompts source {s.name!r}", s.wording) for s in self.prompts]
        wordings.append(("student", self.student.wording))
        if self.models.teacher:
            wordings.append(("evaluation.teacher", self.evaluation.teacher.wording))
        if self.student.bases:
            wordings.append(("evaluation.base", self.evaluation.base.wording))
        wordings += [
            (f"benchmark {spec.name!r}", spec.wording)
            for spec in self.evaluation.benchmarks
            if spec.wording
        ]
        for where, wording in wordings:
            if wording not in self.wordings:
                hint = nearest(wording, self.wordings)
                raise ValueError(f"{where}: no wording {wording!r} in the recipe{hint}")
        if self.selection.train_on not in self.selection.arms:
            hint = nearest(self.selection.train_on, self.selection.arms)
            raise ValueError(f"selection.train_on: no arm {self.selection.train_on!r}{hint}")
        filters = {spec.name for spec in self.filters}
        for name, arm in self.selection.arms.items():
            for wanted in set(arm.filters or ()) - filters:
                hint = nearest(wanted, filters)
                raise ValueError(f"selection.arms.{name}: no filter {wanted!r} in the recipe{hint}")
        if self.generation.adaptive and not self.verification.verifiers:
            raise ValueError(
                "generation.adaptive: it stops at correct traces, and verification.verifiers names "
                "nothing that could tell: add a verifier or remove generation.adaptive"
            )
        sources = [source.name for source in self.prompts]
        if len(set(sources)) < len(sources):
            raise ValueError(f"prompts: source names must differ, got {sources}")
        for name in self.student.bases:
            self.student.sft_of(name)
        return self

    def resolved(self) -> dict[str, Any]:
        """Return the recipe as JSON data, as it is saved with every run."""
        return self.model_dump(mode="json")

    def run_id(self, stage: str) -> UUID:
        """Return the id of the run of `stage`: the same recipe goes on with the same run."""
        recipe = {key: value for key, value in self.resolved().items() if key != "description"}
        return content_id({"stage": stage, "recipe": recipe})
