"""A recipe on toy sources, and a teacher that answers without a server."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from rich.console import Console

from datagen import dataset, filter, generate, prompts, verify
from distill.config.recipe import Recipe
from distill.ids import attempt_id, content_id
from distill.models.identity import named_model
from distill.runs.context import Context
from distill.runs.home import Home
from warehouse.collect import CollectReport
from warehouse.database import Warehouse

ROWS = [{"q": f"What is {n} + {n}?", "a": f"So. #### {2 * n}", "id": n} for n in range(1, 9)]


def write_lines(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def file_source(path: str, **more: Any) -> dict[str, Any]:
    source = {"kind": "file", "name": "sums", "domain": "math", "path": path, "licence": "MIT"}
    mapping = {"fields": {"problem": "q", "gold": "a"}, "gold_pattern": "#### (.+)"}
    return source | mapping | more


def gym_source(**more: Any) -> dict[str, Any]:
    source = {"kind": "reasoning-gym", "name": "chain", "domain": "math", "family": "chain_sum"}
    return source | {"size": 5, "seed": 100} | more


def recipe_of(*sources: dict[str, Any], **more: Any) -> Recipe:
    base = {
        "name": "toy",
        "models": {"teacher": {"source": "toy", "url": "http://127.0.0.1:9/v1"}},
        "wordings": {"plain": {}, "brief": {"template": "Be brief. {problem}"}},
        "prompts": sources,
        "verification": {"num_workers": 1, "verifiers": ["math"]},
        "filters": [{"name": "truncated"}, {"name": "think_format"}, {"name": "repetition"}],
        "selection": {"validation_share": 0.25},
    }
    return Recipe.model_validate(base | more)


def context_of(folder: Path, recipe: Recipe, data: Path | None = None) -> Context:
    return Context(
        recipe=recipe,
        home=Home.at(str(folder / "home")),
        data=data,
        servers=SimpleNamespace(check=lambda spec: None),
        console=Console(file=io.StringIO(), width=200, highlight=False),
    )


def said(context: Context) -> str:
    return " ".join(context.console.file.getvalue().split())


def rows_of(context: Context, statement: str, **params: Any) -> list[dict[str, Any]]:
    return Warehouse(context.home.warehouse, "test").query(statement, **params)


@dataclass(kw_only=True)
class ToyTeacher:
    """Stands in for collect(): answers each prompt by a function of its last message and index."""

    answer: Callable[[str, int], str]
    outcome: Callable[[str, int], str] = lambda message, index: "ok"
    asked: list[UUID] = field(default_factory=list)

    def collect(
        self,
        context,
        run,
        warehouse,
        *,
        spec,
        prompts,
        sampling,
        stream,
        num_samples,
        title,
        **shown,
    ):
        model, sampling_id = named_model(spec.source, None), content_id(sampling.model_dump())
        warehouse.insert("models", [model.row()])
        rows = []
        for prompt in prompts:
            for index in range(num_samples):
                id_ = attempt_id(prompt.prompt_id, model.model_id, sampling_id, stream, index)
                message = prompt.messages[-1]["content"]
                text = self.answer(message, index)
                thought, closed, _ = text.partition("</think>")
                rows.append(
                    {
                        "attempt_id": id_,
                        "prompt_id": prompt.prompt_id,
                        "model_id": model.model_id,
                        "sampling_id": sampling_id,
                        "stream": stream,
                        "sample_index": str(index),
                        "text": text,
                        "shape": "open_tag_in_prompt",
                        "reasoning_begin": 0,
                        "reasoning_end": len(thought),
                        "answer_begin": len(thought + closed) if closed else None,
                        "answer_end": len(text) if closed else None,
                        "completion_tokens": len(text.split()),
                        "outcome": self.outcome(message, index),
                        "repaired": 0,
                    }
                )
        warehouse.insert(
            "run_attempts", [{"run_id": run.run_id, "attempt_id": r["attempt_id"]} for r in rows]
        )
        num_new = warehouse.insert("attempts", rows)
        self.asked += [row["attempt_id"] for row in rows][:num_new]
        return CollectReport(
            model=model,
            sampling_id=sampling_id,
            attempt_ids=[row["attempt_id"] for row in rows],
            num_found=len(rows) - num_new,
            num_asked=num_new,
            num_ok=num_new,
            num_length=0,
            num_refused=0,
            num_failed=0,
            completion_tokens=10 * num_new,
            seconds=1.0,
        )


def adder(message: str, index: int) -> str:
    """Answer "What is n + n?" rightly, but wrongly for n = 3 and without an answer for n = 4."""
    number = int(message.split("What is ")[1].split()[0])
    result = {3: 7, 4: ""}.get(number, 2 * number)
    return f"{number} and {number} make {result}.{' Sure.' * index}</think>\n\n{result}"


STAGES = (prompts, generate, verify, filter, dataset)


def run_all(context: Context, upto: Any = dataset) -> None:
    for stage in STAGES[: STAGES.index(upto) + 1]:
        stage.check(context)
        stage.run(context)
