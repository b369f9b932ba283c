"""What the stages of `make teacher` share: their sizes, the working folder, problems and scores."""

import json
import random
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from multiprocessing.pool import Pool
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerFast

from distill.errors import UserError
from distill.models.resolve import SHIPPED
from teacher.miniature.corpus import ROW_TOKENS
from teacher.miniature.evaluate import respond, score
from teacher.miniature.export import export, load_exported
from teacher.miniature.model import Decoder, load, save
from teacher.miniature.optimise import device_name
from teacher.miniature.pretrain import SHAPES
from teacher.miniature.problems import (
    EVALUATION,
    TUNING,
    Problem,
    take_all,
)
from teacher.miniature.prompts import Example, example, trace_text
from teacher.miniature.tokenizer import build

BASES = ("qwen3", "llama")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Sizes of all stages; at scale 1 each takes at most eight minutes on one H100."""

    teacher_tokens: int = 480_000_000
    """Pretraining of the teacher."""
    base_tokens: int = 240_000_000
    """Pretraining of each base."""
    pretrain_minutes: float = 5.0
    """Pretraining is shortened to end in this time."""
    cold_per_family: tuple[int, ...] = (60, 80, 100, 125, 150, 200)
    """Written-out solutions a family; the smallest number that reaches `cold_score` on the
    tuning problems is taken.
    """
    cold_score: float = 0.5
    """A cold start shows the form of a solution; what it can reach is left to reinforcement."""
    grpo_steps: int = 70
    """Updates of the first GRPO."""
    grpo2_steps: int = 40
    """Updates of the second."""
    grpo_problems: int = 128
    """Problems an update."""
    written_for_weak: int = 280
    """Further written-out solutions for each of the five weakest families in the second
    rejection round.
    """
    rejection_per_family: int = 3_500
    """Problems a family for rejection sampling."""
    grpo3_steps: int = 100
    """Updates of the third."""
    settle_per_family: int = 700
    """Problems a family whose traces the routing biases are settled on."""
    balance_per_family: int = 900
    """Held-out problems a family for the load of the experts: over a million tokens in all."""
    control_tokens: int = 34_000_000
    """Tokens that a control is trained on: as many as a student of the recipe tiny-full."""
    ablation_tokens: int = 60_000_000
    """Pretraining of each side of the balancing ablation."""
    compared_per_family: int = 2_000
    """Problems a family for the comparisons with reinforcement alone."""
    compared_minutes: float = 1.5
    """GPU-minutes of each side of a comparison."""
    evaluation_per_family: int = 100
    """Held-out problems a family."""
    k: int = 4
    """Responses a problem."""
    batch_rows: int = 128
    """Rows of 512 tokens a pretraining step of the teacher; the bases take half."""
    batch_examples: int = 256
    """Examples a fine-tuning step."""

    def scaled(self, scale: float) -> "Plan":
        """Return the plan for a machine that does `scale` of the work."""

        def part(number: int, least: int) -> int:
            return max(least, round(number * scale))

        return replace(
            self,
            teacher_tokens=part(self.teacher_tokens, 8 * ROW_TOKENS),
            base_tokens=part(self.base_tokens, 8 * ROW_TOKENS),
            cold_per_family=tuple(part(size, 2) for size in self.cold_per_family[-1:]),
            grpo_steps=part(self.grpo_steps, 1),
            grpo2_steps=part(self.grpo2_steps, 1),
            grpo_problems=part(self.grpo_problems, 2),
            grpo3_steps=part(self.grpo3_steps, 1),
            written_for_weak=part(self.written_for_weak, 2),
            rejection_per_family=part(self.rejection_per_family, 2),
            settle_per_family=part(self.settle_per_family, 2),
            balance_per_family=part(self.balance_per_family, 2),
            control_tokens=part(self.control_tokens, 1_000),
            ablation_tokens=part(self.ablation_tokens, 8 * ROW_TOKENS),
            compared_per_family=part(self.compared_per_family, 2),
            compared_minutes=max(0.02, self.compared_minutes * scale),
            evaluation_per_family=part(self.evaluation_per_family, 2),
            batch_rows=part(self.batch_rows, 2),
            batch_examples=part(self.batch_examples, 4),
        )


class Workshop:
    """What the stages share: the plan, the working folder, problems and scores."""

    def __init__(self, work: Path, plan: Plan, pool: Pool | None, workers: int) -> None:
        self.work, self.plan, self.pool, self.workers = work, plan, pool, workers
        self.device = device_name()
        work.mkdir(parents=True, exist_ok=True)

    @cached_property
    def tokenizer(self) -> PreTrainedTokenizerFast:
        """The miniature's tokenizer."""
        return build()

    @cached_property
    def evaluation(self) -> list[Problem]:
        """Held-out problems that only scores are taken from."""
        return self.problems(EVALUATION, self.plan.evaluation_per_family, held_out=True)

    @cached_property
    def tuning(self) -> list[Problem]:
        """Held-out problems that choices are made on."""
        size = min(50, self.plan.evaluation_per_family)
        return self.problems(TUNING, size, held_out=True)

    def problems(self, start: int, count: int, *, held_out: bool = False) -> list[Problem]:
        """Return problems of all families, shuffled."""
        found = take_all(start, count, self.pool, held_out=held_out)
        random.Random(0).shuffle(found)
        return found

    def load(self, name: str) -> Decoder:
        """Return a stage's model; where only its export is there, that, else the one that ships.

        Raises:
            UserError: if there is none.
        """
        path, exported = self.work / f"{name}.pt", self.work / "weights" / name
        if path.exists():
            return load(str(path), self.device)
        if not exported.exists():
            exported = SHIPPED / name.replace("pretrain-", "base-")
        if not exported.exists():
            raise UserError(
                f"{self.work}: no weights of {name}, which this stage starts from. Run the stages "
                "before it, or copy an exported model to weights/ there under that name."
            )
        shape = SHAPES.get(name.split("-")[-1], SHAPES["teacher"])
        return load_exported(exported, shape).to(self.device)

    def save(self, model: Decoder, name: str) -> None:
        """Store a stage's model and its export."""
        save(model, str(self.work / f"{name}.pt"))
        export(model, self.work / "weights" / name)

    def measure(
        self, model: Decoder, name: str, form: str = "think", *, tuning: bool = False
    ) -> float:
        """Score a model, print the line, and keep it unless it is for tuning."""
        problems, k = (self.tuning, 2) if tuning else (self.evaluation, self.plan.k)
        result = score(respond(model, self.tokenizer, problems, form, k=k, seed=1), k)
        self.note({"model": name, "form": form, "tuning": tuning} | asdict(result))
        return result.macro

    def note(self, line: dict[str, Any]) -> None:
        """Print a line of results and keep it."""
        rounded = {k: round(v, 4) if isinstance(v, float) else v for k, v in line.items()}
        print(json.dumps(rounded), flush=True)
        with (self.work / "scores.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(rounded) + "\n")

    def weakness(self, name: str) -> dict[str, float]:
        """Return each family's share of failures on the tuning problems, and a little."""
        sampled = respond(self.load(name), self.tokenizer, self.tuning, "think", k=2, seed=2)
        return {family: 1.04 - value for family, value in score(sampled, 2).families.items()}

    def written(self, problems: list[Problem]) -> list[Example]:
        """Return the careful hand's solutions as examples."""
        return [example(self.tokenizer, p, "think", trace_text(p.work, p.answer)) for p in problems]
