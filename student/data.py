"""Training data: from the warehouse's traces to token ids that no trainer has to touch again."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from distill.config.recipe import Recipe
from distill.errors import UserError
from distill.templates.gate import Example
from distill.templates.render import (
    Encoded,
    Messages,
    completion_text,
    encode,
    end_of_turn,
    opens_think,
)
from warehouse.database import Warehouse


@dataclass(frozen=True, kw_only=True)
class Trace:
    """A verified response and the prompt that a student is to answer with it."""

    attempt_id: UUID
    split: str
    messages: Messages
    reasoning: str | None
    answer: str | None
    """None where the response has none or was cut off: it would teach never to answer."""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A training set of the warehouse."""

    dataset_id: UUID
    traces: tuple[Trace, ...]


@dataclass(frozen=True, kw_only=True)
class Item:
    """A training example as text and as ids."""

    example: Example
    encoded: Encoded


@dataclass(frozen=True, kw_only=True)
class TrainingSet:
    """What one student is trained on, in its own tokens."""

    train: tuple[Item, ...]
    validation: tuple[Item, ...]
    num_over_length: int
    num_unanswered: int


def load_dataset(warehouse: Warehouse, recipe: Recipe) -> Dataset:
    """Return the training set of the recipe's arm.

    Raises:
        UserError: if it was not chosen yet or is empty, with the command that makes one.
    """
    arm = recipe.selection.train_on
    run_id = recipe.run_id("dataset")
    found = warehouse.query("student_dataset", run_id=run_id, arm=arm)
    if not found or not found[0]["num_items"]:
        state = "is empty" if found else "is not there"
        raise UserError(
            f"training set {arm!r} of recipe {recipe.name!r} {state}: nothing to train on. "
            f"`distill dataset --recipe {recipe.name}` makes it and says what it left out."
        )
    dataset_id = found[0]["dataset_id"]
    rows = warehouse.query("student_traces", dataset_id=dataset_id)
    if any(row["weight"] != 1.0 for row in rows):
        raise UserError(f"training set {arm!r}: weights other than 1 are not supported by sft")
    return Dataset(dataset_id=dataset_id, traces=tuple(_trace(row) for row in rows))


def _trace(row: dict[str, Any]) -> Trace:
    is_answered = row["outcome"] == "ok" and (row["answer"] or "").strip()
    return Trace(
        attempt_id=row["attempt_id"],
        split=row["split"],
        messages=row["messages"],
        reasoning=row["reasoning"],
        answer=row["answer"] if is_answered else None,
    )


def encode_traces(
    tokenizer: Any,
    traces: Iterable[Trace],
    *,
    max_length: int,
    over_length: Literal["drop", "fail"],
) -> TrainingSet:
    """Return the traces as a student's tokens; longer ones are dropped or refused, never cut.

    Args:
        tokenizer: The student's.
        traces: What to train on.
        max_length: Most tokens of prompt, completion and end of sequence together.
        over_length: What to do with longer ones, and with traces that have no answer.

    Raises:
        UserError: if the recipe refuses over-length or unanswered traces and there is one, or if
            nothing is left to train on.
    """
    is_opened, end = opens_think(tokenizer), end_of_turn(tokenizer)
    items: dict[str, list[Item]] = {"train": [], "validation": []}
    num_over_length = num_unanswered = 0
    for trace in traces:
        if trace.answer is None:
            num_unanswered += 1
            _refuse_if(over_length == "fail", trace, "has no answer")
            continue
        completion = completion_text(trace.reasoning, trace.answer, opens_think=is_opened)
        encoded = encode(tokenizer, trace.messages, completion, end=end)
        if len(encoded.input_ids) > max_length:
            num_over_length += 1
            fault = f"has {len(encoded.input_ids)} tokens, more than {max_length}"
            _refuse_if(over_length == "fail", trace, fault)
            continue
        example = Example(
            name=str(trace.attempt_id), messages=trace.messages, completion=completion
        )
        items[trace.split].append(Item(example=example, encoded=encoded))
    if not items["train"]:
        raise UserError(
            f"nothing to train on: {num_over_length} traces are longer than {max_length} tokens "
            f"(student.sft.max_length, or what the model can take), {num_unanswered} have no "
            "answer. Raise max_length, or generate shorter responses."
        )
    return TrainingSet(
        train=tuple(items["train"]),
        validation=tuple(items["validation"]),
        num_over_length=num_over_length,
        num_unanswered=num_unanswered,
    )


def _refuse_if(asked: bool, trace: Trace, fault: str) -> None:
    if asked:
        raise UserError(
            f"trace {trace.attempt_id} {fault}. Raise student.sft.max_length, filter such traces, "
            'or leave them out: student.sft.over_length = "drop".'
        )
