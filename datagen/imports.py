"""Traces that others made: from a source's rows into the warehouse, as attempts."""

import logging
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from datagen.sources import read_source
from datagen.sources.layouts import Messages
from datagen.sources.responses import Response
from distill.config.prompts import GymSource, Source
from distill.errors import UserError
from distill.ids import attempt_id, content_id, prompt_id, replace_surrogates
from distill.models.identity import named_model
from distill.runs.context import Context
from distill.runs.run import Run
from warehouse.database import Warehouse
from warehouse.terminal import printable

log = logging.getLogger(__name__)
STREAM = "import"
ROWS_AN_INSERT = 2000


@dataclass(kw_only=True)
class ImportReport:
    """What an import found."""

    source: str
    num_traces: int = 0
    num_new: int = 0
    num_held_out: int = 0
    """Traces of problems that the prompts run did not choose: a benchmark holds them, or a rule
    dropped them."""
    broken: list[str] = field(default_factory=list)
    """What is wrong with each row that was left out, in order."""

    def leave_out(self, error: UserError) -> None:
        """Count a broken row, and tell the log."""
        log.info("left out: %s", error)
        self.broken.append(printable(str(error)))


def import_traces(context: Context, run: Run, warehouse: Warehouse, source: Source) -> ImportReport:
    """Add the traces of a source to the warehouse; what is there already is found again.

    Raises:
        UserError: at the first row that is broken or lacks a mapped field, unless the source skips
            such rows.
    """
    assert not isinstance(source, GymSource)
    report = ImportReport(source=source.name)
    batch = _Batch(warehouse=warehouse, run_id=run.run_id)
    models = _Models(warehouse, source.trace_model)
    chosen = warehouse.query("generate_chosen", run_id=context.recipe.run_id("prompts"))
    prompts = {row["problem_id"]: row["prompt_id"] for row in chosen}
    for one in read_source(source, context.data, report.leave_out):
        if one.problem.problem_id not in prompts:
            report.num_held_out += len(one.responses)
            continue
        prompt_id = prompts[one.problem.problem_id]
        if one.messages:
            prompt_id = batch.add_prompt(one.problem.problem_id, one.messages)
        origin = {"source": source.name, "source_row": one.problem.source_row}
        for response in one.responses:
            model_id = models.id_of(response.model)
            batch.attempts.append(_attempt(prompt_id, model_id, response, origin))
        report.num_traces += len(one.responses)
        if len(batch.attempts) >= ROWS_AN_INSERT:
            report.num_new += batch.insert()
    report.num_new += batch.insert()
    return report


class _Models:
    """Ids of those who wrote the traces, known by name only."""

    def __init__(self, warehouse: Warehouse, default: str) -> None:
        self._warehouse, self._default = warehouse, default
        self._ids: dict[str, UUID] = {}

    def id_of(self, name: str | None) -> UUID:
        name = name or self._default
        if name not in self._ids:
            model = named_model(name, None)
            self._warehouse.insert("models", [model.row()])
            self._ids[name] = model.model_id
        return self._ids[name]


@dataclass(kw_only=True)
class _Batch:
    """Rows that are inserted together."""

    warehouse: Warehouse
    run_id: UUID
    prompts: list[dict[str, Any]] = field(default_factory=list)
    attempts: list[dict[str, Any]] = field(default_factory=list)

    def add_prompt(self, problem_id: UUID, messages: Messages) -> UUID:
        """Take a prompt as the source worded it."""
        clean = [
            {key: replace_surrogates(text) for key, text in message.items()} for message in messages
        ]
        row = {"prompt_id": prompt_id(clean), "messages": clean, "problem_id": problem_id}
        self.prompts.append(row | {"wording": STREAM})
        return prompt_id(clean)

    def insert(self) -> int:
        """Insert what is there; return how many attempts were new."""
        prompts, attempts = self.prompts, self.attempts
        self.prompts, self.attempts = [], []
        with self.warehouse.write():
            self.warehouse.insert("prompts", prompts)
            asked = [{"run_id": self.run_id, "attempt_id": row["attempt_id"]} for row in attempts]
            self.warehouse.insert("run_attempts", asked)
            return self.warehouse.insert("attempts", attempts)


def _attempt(
    prompt_id: UUID, model_id: UUID, response: Response, origin: dict[str, str]
) -> dict[str, Any]:
    clean = replace_surrogates(response.text)
    index = str(content_id(clean))
    return {
        "attempt_id": attempt_id(prompt_id, model_id, None, STREAM, index),
        "prompt_id": prompt_id,
        "model_id": model_id,
        "stream": STREAM,
        "sample_index": index,
        "text": clean,
        "shape": response.shape,
        "reasoning_begin": response.reasoning[0],
        "reasoning_end": response.reasoning[1],
        "answer_begin": response.answer[0],
        "answer_end": response.answer[1],
        "outcome": response.outcome,
        "repaired": sum(a != b for a, b in zip(response.text, clean, strict=True)),
        "extra": origin,
    }
