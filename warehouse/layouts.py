"""Layouts of training examples that others read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

Messages = list[dict[str, str]]
SHAREGPT = {"user": "human", "assistant": "gpt"}
"""What ShareGPT calls the roles."""
_SHAREGPT_TURNS = pa.list_(pa.struct({"from": pa.string(), "value": pa.string()}))
_TURNS = pa.list_(pa.struct({"role": pa.string(), "content": pa.string()}))
_FACTS = {
    **dict.fromkeys(("id", "problem_id", "source", "domain", "licence", "revision"), pa.string()),
    **dict.fromkeys(("teacher", "teacher_revision", "teacher_licence"), pa.string()),
    "weight": pa.float64(),
}
"""Columns that every layout has beside its own."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a prompt and its completion are laid out in a row."""

    schema: pa.Schema
    of: Callable[[Messages, str], dict[str, Any]]
    """Returns the layout's own columns of a prompt and a completion."""


def _prompt(messages: Messages) -> Messages:
    return [{"role": turn["role"], "content": turn["content"]} for turn in messages]


def _answer(completion: str) -> Messages:
    return [{"role": "assistant", "content": completion}]


def _sharegpt(prompt: Messages, completion: str) -> dict[str, Any]:
    turns = [*prompt, *_answer(completion)]
    return {
        "conversations": [
            {"from": SHAREGPT.get(turn["role"], turn["role"]), "value": turn["content"]}
            for turn in turns
        ]
    }


LAYOUTS = {
    "messages": Layout(
        schema=pa.schema({"messages": _TURNS} | _FACTS),
        of=lambda prompt, completion: {"messages": _prompt(prompt) + _answer(completion)},
    ),
    "prompt-completion": Layout(
        schema=pa.schema({"prompt": _TURNS, "completion": _TURNS} | _FACTS),
        of=lambda prompt, completion: {
            "prompt": _prompt(prompt),
            "completion": _answer(completion),
        },
    ),
    "sharegpt": Layout(
        schema=pa.schema({"conversations": _SHAREGPT_TURNS} | _FACTS),
        of=_sharegpt,
    ),
}
