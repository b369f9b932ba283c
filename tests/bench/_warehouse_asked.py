"""Ten questions about traces, asked of the warehouse; and what a session of questions is."""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from numbers import Number
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from warehouse.database import Warehouse

T = TypeVar("T")
SQL = Path(__file__).parent / "peers_sql"
WORD = "contradiction"
QUESTIONS = (
    *("what_is_here", "hardest_problems", "never_solved", "length_by_verdict", "filter_losses"),
    *("token_bill", "disagreements", "speed", "search", "one_trace"),
)


@dataclass(frozen=True, kw_only=True)
class Session:
    """What was answered, and the seconds that opening and each answer took."""

    answers: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def open(self, opened: Callable[[], T]) -> T:
        begun = time.perf_counter()
        value = opened()
        self.seconds["open"] = time.perf_counter() - begun
        return value

    def ask(self, name: str, answer: Callable[[], Iterable[Iterable[Any]]]) -> None:
        begun = time.perf_counter()
        rows = [tuple(map(_plain, row)) for row in answer()]
        self.seconds[name] = time.perf_counter() - begun
        self.answers[name] = sorted(rows, key=repr)


def _plain(value: Any) -> Any:
    """Return numbers as floats of nine digits; a number that is not there as None."""
    if not isinstance(value, Number):
        return value
    number = float(f"{float(value):.9g}")  # type: ignore[arg-type]
    return number if number == number else None


def ask_warehouse(path: Path, names: Sequence[str], attempt_id: str) -> Session:
    session = Session()
    with ExitStack() as opened:
        reading = lambda: opened.enter_context(Warehouse(path, "bench").read())  # noqa: E731
        connection = session.open(reading)

        def answer(name: str) -> list[tuple[Any, ...]]:
            params = {"attempt_id": UUID(attempt_id)} if name == "one_trace" else None
            rows: list[tuple[Any, ...]]
            rows = connection.execute((SQL / f"{name}.sql").read_text(), params).fetchall()
            return rows

        for name in names:
            session.ask(name, lambda name=name: answer(name))
    return session
