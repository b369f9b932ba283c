"""Traces that others made: from a source's rows into the warehouse, as attempts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from datagen.sources import read_source
from distill.config.prompts import GymSource, Source
from distill.ids import attempt_id, content_id, replace_surrogates
from distill.models.identity import named_model
from distill.runs.context import Context
from distill.runs.run import Run
from distill.sampling.parse import split_think
from warehouse.database import Warehouse

STREAM = "import"
ROWS_AN_INSERT = 2000


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """What an import found."""

    source: str
    num_traces: int
    num_new: int
    num_held_out: int
    """Traces of problems that the prompts run did not choose: a benchmark holds them."""


def import_traces(context: Context, run: Run, warehouse: Warehouse, source: Source) -> ImportReport:
    """Add the traces of a source to the warehouse; what is there already is found again.

    Raises:
        UserError: at the first row that is broken or lacks a mapped field.
    """
    assert not isinstance(source, GymSource)
    model = named_model(source.trace_model, None)
    warehouse.insert("models", [model.row()])
    chosen = warehouse.query("generate_chosen", run_id=context.recipe.run_id("prompts"))
    prompts = {row["problem_id"]: row["prompt_id"] for row in chosen}
    num_traces = num_new = num_held_out = 0
    rows: list[dict[str, Any]] = []
    for one in read_source(source, context.data):
        if prompt_id := prompts.get(one.problem.problem_id):
            origin = {"source": source.name, "source_row": one.problem.source_row}
            rows.append(_attempt(prompt_id, model.model_id, one.trace or "", origin))
        else:
            num_held_out += 1
        if len(rows) >= ROWS_AN_INSERT:
            num_traces += len(rows)
            num_new += _insert(warehouse, run, rows)
            rows = []
    return ImportReport(
        source=source.name,
        num_traces=num_traces + len(rows),
        num_new=num_new + _insert(warehouse, run, rows),
        num_held_out=num_held_out,
    )


def _insert(warehouse: Warehouse, run: Run, rows: Sequence[dict[str, Any]]) -> int:
    with warehouse.write():
        asked = [{"run_id": run.run_id, "attempt_id": row["attempt_id"]} for row in rows]
        warehouse.insert("run_attempts", asked)
        return warehouse.insert("attempts", rows)


def _attempt(prompt_id: UUID, model_id: UUID, text: str, origin: dict[str, str]) -> dict[str, Any]:
    clean = replace_surrogates(text)
    shape, reasoning, answer = split_think(clean, think_open=False)
    index = str(content_id(clean))
    return {
        "attempt_id": attempt_id(prompt_id, model_id, None, STREAM, index),
        "prompt_id": prompt_id,
        "model_id": model_id,
        "stream": STREAM,
        "sample_index": index,
        "text": clean,
        "shape": shape,
        "reasoning_begin": reasoning[0],
        "reasoning_end": reasoning[1],
        "answer_begin": answer[0],
        "answer_end": answer[1],
        "outcome": "ok",
        "repaired": sum(a != b for a, b in zip(text, clean, strict=True)),
        "extra": origin,
    }
