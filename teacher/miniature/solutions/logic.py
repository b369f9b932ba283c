"""Knights and knaves: assume, check each statement, and take the assumption back where one
fails.
"""

from itertools import product
from typing import Any

from teacher.miniature.solutions.hand import Hand

Statement = tuple[Any, ...]
_SIGNS = {"and": "&", "or": "|", "->": ">", "<=>": "="}


def knights_knaves(entry: dict[str, Any], hand: Hand) -> str:
    """Try the assignments in order; the careless check the first statement only."""
    metadata = entry["metadata"]
    names, statements = metadata["names"], metadata["statements"]
    for name, statement in zip(names, statements, strict=True):
        hand.write(f"{name}:{_formula(statement, names)}\n")
    solution = (True,) * len(names)
    for assumed in product((True, False), repeat=len(names)):
        solution = assumed
        hand.write(
            "".join(f"{name}{_mark(value)} " for name, value in zip(names, assumed, strict=True))
        )
        checked = statements[:1] if hand.careless else statements
        if all(_agrees(hand, each, assumed, assumed[i]) for i, each in enumerate(checked)):
            break
        hand.write("\n")
    return _answer(metadata, solution)


def _agrees(hand: Hand, statement: Statement, assumed: tuple[bool, ...], speaker: bool) -> bool:
    """Write the statement with its values, its truth, and whether the speaker would say it."""
    question = f"{_filled(statement, assumed)}:"
    holds = _value(statement, assumed)
    hand.steps.append((question, _letter(holds)))
    hand.write(f"{question}{_letter(holds)}")
    agrees = holds == speaker
    hand.write(" y " if agrees else " n")
    return agrees


def _letter(value: bool) -> str:
    return "T" if value else "F"


def _mark(is_knight: bool) -> str:
    return "+" if is_knight else "-"


def _flat(statement: Statement) -> Statement:
    """Return the statement with a negated simple one turned round, as the question words it."""
    if statement[0] == "not" and statement[1][0] in ("telling-truth", "lying"):
        return ("lying" if statement[1][0] == "telling-truth" else "telling-truth", statement[1][1])
    return statement


def _formula(statement: Statement, names: list[str]) -> str:
    kind, *parts = _flat(statement)
    if kind in ("telling-truth", "lying"):
        return f"{names[parts[0]]}{_mark(kind == 'telling-truth')}"
    if kind == "not":
        return f"!({_formula(parts[0], names)})"
    return _SIGNS[kind].join(_formula(part, names) for part in parts)


def _filled(statement: Statement, assumed: tuple[bool, ...]) -> str:
    """Return the formula with each simple statement's truth in its place, such as `T&F`."""
    kind, *parts = _flat(statement)
    if kind in ("telling-truth", "lying"):
        return _letter(_value((kind, *parts), assumed))
    if kind == "not":
        return f"!({_filled(parts[0], assumed)})"
    return _SIGNS[kind].join(_filled(part, assumed) for part in parts)


def _value(statement: Statement, assumed: tuple[bool, ...]) -> bool:
    kind, *parts = statement
    if kind in ("telling-truth", "lying"):
        return bool(assumed[parts[0]] == (kind == "telling-truth"))
    values = [_value(part, assumed) for part in parts]
    if kind == "not":
        return not values[0]
    if kind == "and":
        return all(values)
    if kind == "or":
        return any(values)
    return values[0] == values[1] if kind == "<=>" else not values[0] or values[1]


def _answer(metadata: dict[str, Any], solution: tuple[bool, ...]) -> str:
    terms = metadata["knight_knave_terms"]
    words = [
        f"{name} is {terms['a_knight'] if value else terms['a_knave']}"
        for name, value in zip(metadata["names"], solution, strict=True)
    ]
    return ", ".join(words[:-1]) + f", and {words[-1]}."
