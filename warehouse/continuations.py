"""Going on with truncated traces from where they were cut."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from distill.config.models import ModelSpec
from distill.runs.run import Run
from distill.sampling.requests import AttemptRequest, Job, Message
from warehouse.database import Warehouse

OPENING = "<think>\n"
"""What R1's chat template, and those like it, begin a response with."""


def continuations(
    run: Run,
    warehouse: Warehouse,
    job: Job,
    spec: ModelSpec,
    messages: Mapping[UUID, Sequence[Message]],
    num_continuations: int,
) -> list[AttemptRequest]:
    """Return requests that continue the run's truncated traces, as far as the context allows.

    Args:
        run: whose traces.
        warehouse: where they are.
        job: how they were asked.
        spec: says how much the model's context holds.
        messages: what was asked, by prompt.
        num_continuations: most parts that a trace may be continued by.
    """
    if not num_continuations:
        return []
    rows = warehouse.query(
        "collect_truncated",
        run_id=run.run_id,
        model_id=job.model.model_id,
        sampling_id=job.sampling_id,
        stream=job.stream,
        num_continuations=num_continuations,
        max_tokens=job.sampling.max_tokens,
        max_model_len=spec.max_model_len,
    )
    return [
        _request(job, row, messages[row["prompt_id"]])
        for row in rows
        if row["prompt_id"] in messages
    ]


def _request(job: Job, row: Mapping[str, Any], asked: Sequence[Message]) -> AttemptRequest:
    begun: Message = {"role": "assistant", "content": _opening(job, row["shape"]) + row["text"]}
    index = f"{row['sample_index'].partition('+')[0]}+{row['num_parts']}"
    return replace(
        job.request(row["prompt_id"], [*asked, begun], index),
        parent_attempt_id=row["attempt_id"],
        think_open=row["reasoning_begin"] is not None and row["answer_begin"] is None,
    )


def _opening(job: Job, shape: str) -> str:
    """Return what stood in the prompt, or was taken off by the server, before the text."""
    if job.sampling.prefill:
        return job.sampling.prefill
    return OPENING if shape in ("open_tag_in_prompt", "field") else ""
