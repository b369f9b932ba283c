"""Sums, angles, legs and equations: families whose steps are columns."""

import re
from typing import Any

from teacher.miniature.solutions.columns import (
    add,
    add_signed,
    divide,
    subtract,
)
from teacher.miniature.solutions.hand import Hand

LEGS = {
    **dict.fromkeys(("snake", "sea slug", "jellyfish", "flatworm", "leech"), 0),
    **dict.fromkeys(("chicken", "bird", "human", "duck"), 2),
    **dict.fromkeys(("dog", "cat", "cow", "horse", "lion", "elephant", "giraffe"), 4),
    **dict.fromkeys(("tiger", "deer", "sheep"), 4),
    "starfish": 5,
    **dict.fromkeys(("insect", "ant", "butterfly", "beetle", "bee", "wasp", "grasshopper"), 6),
    **dict.fromkeys(("cricket", "cockroach", "praying mantis", "firefly"), 6),
    **dict.fromkeys(("spider", "scorpion"), 8),
    **dict.fromkeys(("crab", "lobster", "shrimp"), 10),
    "woodlouse": 14,
}


def chain_sum(entry: dict[str, Any], hand: Hand) -> str:
    """Add term after term; the careless drop carries and borrows, and a third term."""
    numbers = [int(part.replace(" ", "")) for part in _terms(entry["metadata"]["expression"])]
    if hand.careless and len(numbers) > 2:
        numbers.pop()
    total = numbers[0]
    for number in numbers[1:]:
        total = add_signed(hand, total, number)
        hand.write("\n")
    return str(total)


def _terms(expression: str) -> list[str]:
    return re.findall(r"[+-]? ?\d+", expression)


def simple_geometry(entry: dict[str, Any], hand: Hand) -> str:
    """Add the known angles and take them from the whole; the careless forget the last one."""
    metadata = entry["metadata"]
    angles = [round(angle) for angle in metadata["known_angles"]]
    if hand.careless:
        angles.pop()
    whole = hand.step(f"{metadata['n_sides']} sides ", 180 * (metadata["n_sides"] - 2))
    hand.write("\n")
    total = angles[0]
    for angle in angles[1:]:
        total = add(hand, total, angle)
        hand.write("\n")
    return str(subtract(hand, whole, total))


def leg_counting(entry: dict[str, Any], hand: Hand) -> str:
    """Multiply and add animal after animal; the careless forget the last one."""
    animals = list(entry["metadata"]["animals"].items())
    if hand.careless:
        animals.pop()
    total = 0
    for animal, count in animals:
        hand.write(f"{animal} ")
        legs = hand.step(f"{count}*{LEGS[animal]}=", count * LEGS[animal])
        hand.write(";")
        total = add(hand, total, legs) if total and legs else total + legs
        hand.write("\n")
    return str(total)


def simple_equations(entry: dict[str, Any], hand: Hand) -> str:
    """Move the constant, then divide; the careless move it with the wrong sign."""
    left, right = entry["metadata"]["equation"].split(" = ")
    variable = entry["metadata"]["variable"]
    factor, constant = _linear(left, variable)
    value = int(right)
    if constant:
        moved = constant if hand.careless else -constant
        value = add_signed(hand, value, moved)
        hand.write("\n")
    hand.write(f"{factor}{variable}={value}\n")
    if factor in (1, -1):
        return str(value * factor)
    quotient, _ = divide(hand, abs(value), abs(factor))
    if value * factor < 0:
        return str(-quotient)
    return str(quotient)


def _linear(left: str, variable: str) -> tuple[int, int]:
    """Return factor and constant of the left side, such as (-7, 12) of `12 - 7*x`."""
    factor = constant = 0
    for term in re.findall(r"[+-]? ?[^+\-\s]+", left):
        sign = -1 if term.startswith("-") else 1
        body = term.lstrip("+- ")
        if body.endswith(variable):
            factor += sign * int(body[: -len(variable)].rstrip("*") or 1)
        else:
            constant += sign * int(body)
    return factor, constant
