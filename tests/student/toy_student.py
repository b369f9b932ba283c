"""A toy student in a home of its own: a random Llama, eight traces in a real warehouse."""

import io
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.console import Console

from distill.config.recipe import Recipe
from distill.config.training import Sft
from distill.ids import content_id, prompt_id
from distill.models.identity import Model, named_model
from distill.runs.context import Context
from distill.runs.home import Home
from student.data import Trace, encode_traces
from student.job import Job
from student.prepare import Prepared, student_tokenizer
from tests.toy_models import chatml_tokenizer, save_toy_model
from warehouse.database import Warehouse

SETTINGS: dict[str, Any] = {
    "batch_size": 4,
    "micro_batch_size": 2,
    "num_epochs": 2,
    "learning_rate": 1e-3,
    "max_length": 256,
}
DATASET = content_id("dataset")
NOW = "2026-01-01T00:00:00+00:00"


class ToyServers:
    """Counts how often it is asked to give its memory back."""

    def __init__(self) -> None:
        self.num_closed = 0

    def close(self) -> None:
        self.num_closed += 1


def toy_traces(num: int = 8, num_validation: int = 2) -> list[Trace]:
    return [
        Trace(
            attempt_id=content_id(i),
            split="validation" if i >= num else "train",
            messages=[{"role": "user", "content": f"{i}+{i}?"}],
            reasoning=f"twice {i}" + " and so on" * (i % 3),
            answer=str(2 * i),
        )
        for i in range(num + num_validation)
    ]


def toy_recipe(home: Path, **settings: Any) -> Recipe:
    return Recipe.model_validate(
        {
            "name": "toy",
            "student": {
                "bases": {"llama": {"source": str(home / "models" / "base")}},
                "sft": SETTINGS | settings,
            },
        }
    )


def toy_context(home: Path, recipe: Recipe) -> Context:
    servers: Any = ToyServers()
    console = Console(file=io.StringIO(), width=200)
    return Context(
        recipe=recipe, home=Home.at(str(home)), data=None, servers=servers, console=console
    )


def said(context: Context) -> str:
    file: Any = context.console.file
    return str(file.getvalue())


def toy_base(home: Path, tokenizer: Any = None, **settings: Any) -> Path:
    return save_toy_model(home / "models" / "base", tokenizer or chatml_tokenizer(), **settings)


def fill(home: Path, recipe: Recipe, traces: list[Trace], dataset_id: UUID = DATASET) -> Warehouse:
    """Write a training set as stage dataset does."""
    warehouse = Warehouse(home / "warehouse.duckdb", "test")
    warehouse.insert("prompts", [_prompt(trace) for trace in traces])
    warehouse.insert("attempts", [_attempt(trace) for trace in traces])
    sizes = {"num_items": len(traces), "created": NOW}
    warehouse.insert("datasets", [{"dataset_id": dataset_id, **sizes}])
    items = [
        {
            "dataset_id": dataset_id,
            "position": position,
            "attempt_id": trace.attempt_id,
            "training_prompt_id": prompt_id(trace.messages),
            "split": trace.split,
            "weight": 1.0,
        }
        for position, trace in enumerate(traces)
    ]
    warehouse.insert("dataset_items", items)
    arm = {"dataset_id": dataset_id, "arm": "verified", "selection_hash": content_id("s")}
    warehouse.insert("dataset_arms", [{**arm, "run_id": recipe.run_id("dataset"), "selection": {}}])
    return warehouse


def _prompt(trace: Trace) -> dict[str, Any]:
    return {
        "prompt_id": prompt_id(trace.messages),
        "messages": trace.messages,
        "problem_id": content_id("p"),
        "wording": "plain",
    }


def _attempt(trace: Trace) -> dict[str, Any]:
    reasoning, answer = f"{trace.reasoning}\n", trace.answer or ""
    text = f"{reasoning}</think>\n\n{answer}"
    return {
        "attempt_id": trace.attempt_id,
        "prompt_id": prompt_id(trace.messages),
        "model_id": content_id("m"),
        "stream": "datagen",
        "sample_index": "0",
        "text": text,
        "shape": "open_tag_in_prompt",
        "reasoning_begin": 0,
        "reasoning_end": len(reasoning),
        "answer_begin": len(text) - len(answer) if trace.answer else None,
        "answer_end": len(text) if trace.answer else None,
        "outcome": "ok" if trace.answer else "length",
        "repaired": 0,
    }


def toy_prepared(base: Path, traces: list[Trace] | None = None, **settings: Any) -> Prepared:
    """Return a job without a warehouse."""
    sft = Sft.model_validate(SETTINGS | settings)
    tokenizer = student_tokenizer(base)
    model: Model = named_model("base", None)
    return Prepared(
        job=Job(
            student="llama",
            base=model,
            dataset_id=DATASET,
            sft=sft,
            settings_hash=content_id(sft.model_dump(mode="json")),
        ),
        folder=base,
        tokenizer=tokenizer,
        data=encode_traces(
            tokenizer, traces or toy_traces(), max_length=sft.max_length, over_length="drop"
        ),
    )
