"""Recipe sections of the students and their evaluation."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field, model_validator

from distill.config.base import Section
from distill.config.models import ModelSpec, Sampling
from distill.errors import nearest
from distill.ids import content_id


class Lora(Section):
    """Low-rank adapters instead of full fine-tuning; merged into the exported checkpoint."""

    r: int = Field(default=16, gt=0)
    """Rank."""
    alpha: int = Field(default=32, gt=0)
    """Scale numerator: updates are scaled by alpha / r."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Dropout on the adapters' input."""


class Sft(Section):
    """Supervised fine-tuning; the defaults are R1's (R1v2 B.4.3) where they hold for every size."""

    lora: Lora | None = None
    """Null is full fine-tuning, as R1's students had."""
    num_epochs: float = Field(default=2.0, gt=0)
    """R1: 2 to 3."""
    max_steps: int | None = Field(default=None, gt=0)
    """Stop after so many optimiser steps; null trains all epochs."""
    learning_rate: float = Field(default=5e-5, gt=0)
    """Peak; R1: 1e-4 for 1.5B down to 2e-5 for 70B."""
    min_learning_rate_ratio: float = Field(default=0.1, ge=0, le=1)
    """Cosine ends at this share of the peak (R1: 10%)."""
    warmup_ratio: float = Field(default=0.03, ge=0, le=1)
    """Share of the steps with rising learning rate."""
    weight_decay: float = Field(default=0.0, ge=0)
    """AdamW's."""
    batch_size: int = Field(default=64, gt=0)
    """Sequences an optimiser step (R1: 64)."""
    micro_batch_size: int = Field(default=8, gt=0)
    """Sequences a forward pass; the rest is gradient accumulation."""
    max_length: int = Field(default=32768, gt=0)
    """Longest prompt and completion together, in tokens (R1: 32,768)."""
    over_length: Literal["drop", "fail"] = "drop"
    """What to do with longer ones; never cut, since a cut trace teaches never to answer."""
    seed: int = 0
    """Order of the examples and initialisation of adapters."""


class Base(ModelSpec):
    """A student before training."""

    checkpoint: str | None = None
    """A finished student to evaluate, in place of one trained here; named as `source` is."""
    sft: dict[str, Any] = {}
    """Settings of student.sft that differ for this base, such as {learning_rate = 1e-4}."""

    def trained_to(self, source: str) -> ModelSpec:
        """Return the student at `source`, to be served as this base is."""
        same = {"licence", "profile", "dtype", "max_model_len", "server_args"}
        return ModelSpec(source=source, **self.model_dump(include=same))


class Student(Section):
    """The students: which bases are trained, and how all of them are asked."""

    bases: dict[str, Base] = {}
    """Students by name."""
    only: tuple[str, ...] | None = None
    """Leave out the other bases; null takes all."""
    sft: Sft = Sft()
    """Settings for all bases."""
    wording: str = "plain"
    """The prompt that students are trained and evaluated with."""

    @model_validator(mode="before")
    @classmethod
    def _leave_out(cls, table: Any) -> Any:
        if not isinstance(table, dict) or table.get("only") is None:
            return table
        bases = table.get("bases", {})
        for name in table["only"]:
            if name not in bases:
                raise ValueError(f"only: no base {name!r}{nearest(name, bases)}")
        return table | {"bases": {name: bases[name] for name in table["only"]}}

    def sft_of(self, name: str) -> Sft:
        """Return the SFT settings of one student, its own over the common ones."""
        return Sft.model_validate(self.sft.model_dump() | self.bases[name].sft)

    def settings_hash(self, name: str) -> UUID:
        """Return the id of what a student's weights depend on beside its base and its data."""
        settings = self.sft_of(name).model_dump(mode="json")
        return content_id({"sft": settings, "dtype": self.bases[name].dtype})


class BenchmarkSpec(Section):
    """A set of problems to score models on."""

    name: str
    """gsm8k, math500, aime2024, or rg/FAMILY for a reasoning-gym family."""
    limit: int | None = Field(default=None, gt=0)
    """Use the first so many problems; of rg/ families, how many to make (default 50)."""
    seed: int = 1_000_000_000
    """First seed of rg/ families: far from every seed that training data is made with."""
    settings: dict[str, Any] = {}
    """Settings of rg/ families."""
    wording: str | None = None
    """How teacher and bases are asked here, where that differs from the wording of their format."""
    optional: bool = False
    """Leave it out, and say so, where its data is not there."""


class Format(Section):
    """How a role is asked when it is evaluated: each in the format that it does best in."""

    wording: str = "plain"
    """One of the recipe's wordings."""
    prefill: str = ""
    """What the response is made to start with."""


class Evaluation(Section):
    """What is measured, and how surely."""

    benchmarks: tuple[BenchmarkSpec, ...] = ()
    """Benchmarks; a row `overall` is their unweighted mean."""
    k: int = Field(default=1, gt=0)
    """Responses a problem; pass@1 is their mean, whatever k."""
    stream: str = "eval"
    """Open text in the attempts' key."""
    sampling: Sampling = Sampling()
    """Request fields; the same for every role, the prefill apart."""
    teacher: Format = Format()
    """How the teacher is asked."""
    base: Format = Format()
    """How the bases are asked; the students are asked as they are trained (student.wording)."""
    confidence: float = Field(default=0.95, gt=0, lt=1)
    """Level of the intervals."""
    num_resamples: int = Field(default=10_000, ge=100)
    """Bootstrap resamples of the problems."""
    seed: int = 0
    """Seed of the bootstrap."""

    @model_validator(mode="before")
    @classmethod
    def _never_adaptive(cls, table: Any) -> Any:
        if isinstance(table, dict) and "adaptive" in table:
            raise ValueError(
                "adaptive: an evaluation asks each problem k times whatever comes back, since "
                "stopping at a correct answer would bias pass@1. Remove it and set evaluation.k; "
                "generation.adaptive is for traces"
            )
        return table
