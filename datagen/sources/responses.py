"""A finished response that somebody else's model wrote, with its parts told apart."""

import re
from dataclasses import dataclass

from distill.sampling.parse import NOTHING, Outcome, Shape, Span, split_think

_MARKED = re.compile(
    r"<\|begin_of_thought\|>(?P<reasoning>.*?)<\|end_of_thought\|>"
    r"\s*<\|begin_of_solution\|>(?P<answer>.*?)(?:<\|end_of_solution\|>|\Z)",
    re.DOTALL,
)


@dataclass(frozen=True, kw_only=True)
class Response:
    """A response as `attempts` keeps it: one text, and where in it the parts lie."""

    text: str
    shape: Shape
    reasoning: Span
    answer: Span
    outcome: Outcome = "ok"
    model: str | None = None
    """Who wrote it, where the source names several."""


def tagged(text: str, outcome: Outcome = "ok") -> Response:
    """Return a response whose reasoning stands between `<think>` tags, or OpenThoughts' markers."""
    if marked := _MARKED.search(text):
        shape: Shape = "tags"
        reasoning: Span = marked.span("reasoning")
        answer: Span = marked.span("answer")
    else:
        shape, reasoning, answer = split_think(text, think_open=False)
    return Response(text=text, shape=shape, reasoning=reasoning, answer=answer, outcome=outcome)


def fielded(reasoning: str, answer: str, model: str | None = None) -> Response:
    """Return a response whose reasoning and answer came in fields of their own."""
    border, end = len(reasoning), len(reasoning) + len(answer)
    return Response(
        text=reasoning + answer,
        shape="field",
        reasoning=(0, border) if reasoning else NOTHING,
        answer=(border, end) if answer else NOTHING,
        model=model,
    )
