"""The hand that writes a solution down: careful, careless or slipping.

A solution is a row of single steps. `Hand.step` writes one ("7+8+1=16"), remembers it, and
returns what was written, which a slip may have changed. A careless hand has a habit that breaks
the *structure* of the solution (carries dropped, items skipped) while each of its steps stays
right: so whoever reads many careless hands learns the steps, but no reliable reasoning.
"""

from random import Random


class Hand:
    """Writes one solution.

    Attributes:
        careless: whether the family's bad habit applies.
        steps: the single steps as (question, answer) pairs, in order of writing.
    """

    def __init__(
        self, *, careless: bool = False, slip: float = 0.0, rng: Random | None = None
    ) -> None:
        """`slip` is the probability that a written result is off by one or two; it needs `rng`."""
        self.careless = careless
        self.steps: list[tuple[str, str]] = []
        self._slip = slip
        self._rng = rng or Random(0)
        self._text: list[str] = []

    def write(self, text: str) -> None:
        """Write `text` that is no step."""
        self._text.append(text)

    def step(self, question: str, result: int) -> int:
        """Write `question` and its result, and return the result as it was written."""
        if self._slip and self._rng.random() < self._slip:
            result = abs(result + self._rng.choice((-2, -1, 1, 2)))
        self.steps.append((question, str(result)))
        self._text.append(f"{question}{result}")
        return result

    def judge(self, question: str, holds: bool) -> bool:
        """Write `question` and ` y` or ` n`, and return it as it was written."""
        if self._slip and self._rng.random() < self._slip:
            holds = not holds
        answer = " y" if holds else " n"
        self.steps.append((question, answer))
        self._text.append(question + answer)
        return holds

    def divide(self, number: int, divisor: int) -> tuple[int, int]:
        """Write number/divisor=QrR, and return quotient and remainder."""
        quotient, remainder = divmod(number, divisor)
        if self._slip and self._rng.random() < self._slip:
            quotient += 1
        question, answer = f"{number}/{divisor}=", f"{quotient}r{remainder}"
        self.steps.append((question, answer))
        self._text.append(question + answer)
        return quotient, remainder

    @property
    def text(self) -> str:
        """What was written."""
        return "".join(self._text).strip("\n")
