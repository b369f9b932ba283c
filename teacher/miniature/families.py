"""The task families of the miniature: which problems, and who writes their solutions."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from teacher.miniature.solutions import arithmetic, lists, logic, numbers
from teacher.miniature.solutions.hand import Hand

Writer = Callable[[dict[str, Any], Hand], str]


@dataclass(frozen=True, kw_only=True)
class Family:
    """One reasoning-gym family at the difficulty that the miniature is made for."""

    name: str
    """Name of the reasoning-gym dataset."""
    kind: str
    """What it exercises."""
    writer: Writer
    """Writes a solution with a hand and returns the answer it comes to."""
    settings: dict[str, Any] = field(default_factory=dict)
    """reasoning-gym's settings: at least 50,000 distinct problems, mostly too hard for a direct
    answer.
    """


FAMILIES = {
    family.name: family
    for family in (
        Family(
            name="chain_sum",
            kind="arithmetic",
            writer=arithmetic.chain_sum,
            settings={"min_terms": 2, "max_terms": 4, "min_digits": 1, "max_digits": 3},
        ),
        Family(
            name="simple_equations",
            kind="equations",
            writer=arithmetic.simple_equations,
            settings={"max_value": 16, "max_terms": 4, "operators_weights": [0.5, 0.5, 0.0]},
        ),
        Family(
            name="gcd",
            kind="number theory",
            writer=numbers.gcd,
            settings={"min_numbers": 2, "max_numbers": 3, "max_value": 99},
        ),
        Family(
            name="base_conversion",
            kind="base conversion",
            writer=numbers.base_conversion,
            settings={"max_base": 16, "min_value": 1, "max_value": 400},
        ),
        Family(
            name="count_bits",
            kind="binary numbers",
            writer=numbers.count_bits,
            settings={"max_n": 65535},
        ),
        Family(
            name="letter_counting",
            kind="counting",
            writer=lists.letter_counting,
            settings={"min_words": 3, "max_words": 10},
        ),
        Family(
            name="word_sorting",
            kind="sorting",
            writer=lists.word_sorting,
            settings={"min_words": 3, "max_words": 6, "max_word_length": 8},
        ),
        Family(
            name="number_filtering",
            kind="comparison",
            writer=lists.number_filtering,
            settings={"max_numbers": 8, "max_decimals": 0},
        ),
        Family(
            name="time_intervals",
            kind="time",
            writer=lists.time_intervals,
            settings={"task_types": ["time", "time_seconds"]},
        ),
        Family(
            name="knights_knaves",
            kind="logic",
            writer=logic.knights_knaves,
            settings={"n_people": 2, "depth_constraint": 2, "width_constraint": 2},
        ),
        Family(
            name="leg_counting",
            kind="word problem",
            writer=arithmetic.leg_counting,
            settings={"min_animals": 2, "max_animals": 4, "max_instances": 12},
        ),
        Family(
            name="simple_geometry",
            kind="geometry",
            writer=arithmetic.simple_geometry,
            settings={"min_sides": 3, "max_sides": 5},
        ),
    )
}
