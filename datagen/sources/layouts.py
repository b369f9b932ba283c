"""Layouts in which others publish reasoning traces: OpenR1-Math, OpenThoughts, s1K, chats."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from datagen.sources.responses import Response, fielded, tagged
from distill.benchmarks.rows import Row, text_field
from distill.errors import UserError
from distill.verify.extract import boxes

Messages = list[dict[str, str]]
ROLES = {"human": "user", "gpt": "assistant", "chatgpt": "assistant", "model": "assistant"}
"""What ShareGPT calls the roles."""
MAX_GOLD_CHARS = 200


@dataclass(frozen=True, kw_only=True)
class LaidOut:
    """A row of a known layout."""

    problem: str
    responses: tuple[Response, ...]
    gold: str | None = None
    """The reference answer."""
    messages: Messages | None = None
    """The prompt, where the row says how it was asked."""


def read_layout(row: Row, layout: str, where: str) -> LaidOut:
    """Return what a row holds.

    Args:
        row: The row.
        layout: Its layout's name; `auto` knows it by its fields.
        where: Names the row in errors.

    Raises:
        UserError: if it is not of that layout, or holds no response.
    """
    laid = LAYOUTS[_known(row, where) if layout == "auto" else layout](row, where)
    if not laid.responses:
        raise UserError(f"{where}: it holds no response")
    return laid


def _known(row: Row, where: str) -> str:
    for name, fields in FIELDS.items():
        if any(names <= row.keys() for names in fields):
            return name
    has = ", ".join(sorted(row)) or "none"
    raise UserError(f"{where}: its fields are of no known layout ({', '.join(FIELDS)}): {has}")


def _openr1_math(row: Row, where: str) -> LaidOut:
    """open-r1/OpenR1-Math-220k: several generations a problem, some of them cut off."""
    generations = _list(row, "generations", where)
    complete = _beside(row, "is_reasoning_complete", generations)
    reasons = _beside(row, "finish_reasons", generations)
    return LaidOut(
        problem=text_field(row, "problem", where),
        gold=reference(row.get("answer")),
        responses=tuple(
            tagged(text, "length" if reason == "length" or whole is False else "ok")
            for text, whole, reason in zip(generations, complete, reasons, strict=True)
            if isinstance(text, str) and text.strip()
        ),
    )


def _openthoughts(row: Row, where: str) -> LaidOut:
    """open-thoughts/OpenThoughts-114k, configuration metadata; its default one is a ShareGPT."""
    if "deepseek_reasoning" not in row:
        return _sharegpt(row, where)
    reasoning = text_field(row, "deepseek_reasoning", where)
    answer = text_field(row, "deepseek_solution", where)
    return LaidOut(
        problem=text_field(row, "problem", where),
        gold=reference(row.get("ground_truth_solution")),
        responses=(fielded(reasoning, answer),),
    )


def _s1k(row: Row, where: str) -> LaidOut:
    """simplescaling/s1K, and s1K-1.1 with the traces of two models."""
    found = []
    if "thinking_trajectories" in row:
        answer = text_field(row, "attempt", where)
        thoughts = _list(row, "thinking_trajectories", where)
        found = [fielded(thought, answer) for thought in thoughts if isinstance(thought, str)]
    for model in ("deepseek", "gemini"):
        if row.get(f"{model}_attempt"):
            thought = text_field(row, f"{model}_thinking_trajectory", where)
            found.append(fielded(thought, text_field(row, f"{model}_attempt", where), model))
    return LaidOut(
        problem=text_field(row, "question", where),
        gold=reference(row.get("solution")),
        responses=tuple(found),
    )


def _sharegpt(row: Row, where: str) -> LaidOut:
    """ShareGPT: conversations of {from, value}, perhaps with a system prompt beside them."""
    turns = [
        {"role": turn.get("from"), "content": turn.get("value")}
        for turn in _objects(row, "conversations", where)
    ]
    if isinstance(row.get("system"), str) and row["system"].strip():
        turns.insert(0, {"role": "system", "content": row["system"]})
    return _conversation(row, turns, where)


def _messages(row: Row, where: str) -> LaidOut:
    """Chats: messages of {role, content}; reasoning may stand in a field of its own."""
    return _conversation(row, _objects(row, "messages", where), where)


def _conversation(row: Row, turns: list[dict[str, Any]], where: str) -> LaidOut:
    """Return the last answer of a conversation, and all before it as its prompt."""
    *before, last = [_turn(turn, where) for turn in turns] or [{"role": "nobody", "content": ""}]
    if last["role"] != "assistant":
        raise UserError(f"{where}: the last turn is of {last['role']}, so there is no answer")
    asked = [turn for turn in before if turn["role"] != "system"]
    if not any(turn["role"] == "user" for turn in asked):
        raise UserError(f"{where}: nobody asks anything before the answer")
    thought = next((t for f in THOUGHTS if isinstance(t := turns[-1].get(f), str) and t), None)
    answer = last["content"]
    return LaidOut(
        problem=asked[0]["content"] if len(asked) == 1 else transcript(asked),
        messages=before,
        gold=reference(row.get("answer") or row.get("ground_truth")),
        responses=(fielded(thought, answer) if thought else tagged(answer),),
    )


THOUGHTS = ("reasoning_content", "reasoning", "thinking")
"""Fields of a message that hold its reasoning."""


def transcript(turns: Messages) -> str:
    """Return a conversation as the text of one problem."""
    return "\n\n".join(f"{turn['role']}: {turn['content']}" for turn in turns)


def _turn(turn: Mapping[str, Any], where: str) -> dict[str, str]:
    role = ROLES.get(str(turn.get("role")), turn.get("role"))
    if role not in ("system", "user", "assistant"):
        raise UserError(f"{where}: a turn of {str(role)[:40]!r}, not of system, user or assistant")
    return {"role": role, "content": text_field(dict(turn), "content", where)}


def _list(row: Row, field: str, where: str) -> list[Any]:
    value = row.get(field)
    if not isinstance(value, list):
        raise UserError(f"{where}: field {field!r} is {type(value).__name__}, not a list")
    return value


def _beside(row: Row, field: str, generations: list[Any]) -> list[Any]:
    """Return what a list says of each generation; nothing where it is not of their length."""
    value = row.get(field)
    fits = isinstance(value, list) and len(value) == len(generations)
    return value if fits else [None] * len(generations)  # type: ignore[return-value]


def _objects(row: Row, field: str, where: str) -> list[dict[str, Any]]:
    if wrong := [item for item in _list(row, field, where) if not isinstance(item, dict)]:
        raise UserError(f"{where}: field {field!r} holds {type(wrong[0]).__name__}, not objects")
    return list(row[field])


def reference(value: Any) -> str | None:
    r"""Return the reference answer in a field: what is boxed last in it, or a short line.

    A whole worked solution without a box is none.
    """
    text = str(value).strip() if isinstance(value, str | int | float) else ""
    if found := boxes(text):
        return found[-1].content.strip() or None
    return text if text and "\n" not in text and len(text) <= MAX_GOLD_CHARS else None


LAYOUTS: dict[str, Callable[[Row, str], LaidOut]] = {
    "openr1-math": _openr1_math,
    "openthoughts": _openthoughts,
    "s1k": _s1k,
    "sharegpt": _sharegpt,
    "messages": _messages,
}
FIELDS: dict[str, tuple[frozenset[str], ...]] = {
    "openr1-math": (frozenset({"problem", "generations"}),),
    "openthoughts": (frozenset({"problem", "deepseek_reasoning"}),),
    "s1k": (
        frozenset({"question", "thinking_trajectories"}),
        frozenset({"question", "deepseek_attempt"}),
        frozenset({"question", "gemini_attempt"}),
    ),
    "sharegpt": (frozenset({"conversations"}),),
    "messages": (frozenset({"messages"}),),
}
"""What a layout is known by; the first that fits counts."""
