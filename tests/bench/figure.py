"""One measured figure, as `make bench` prints and records it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

Group = Literal[
    "pipeline", "miniature", "engine", "curation", "warehouse", "sft", "eval", "planner"
]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A value with its unit, beside the peer's in the same run and the target, where there are."""

    name: str
    group: Group
    value: float
    unit: str
    peer: str | None = None
    peer_value: float | None = None
    target: float | None = None
    lower_is_better: bool = False

    @property
    def ratio(self) -> float | None:
        """Value over the peer's."""
        return self.value / self.peer_value if self.peer_value else None

    @property
    def met(self) -> bool | None:
        """Whether the target is reached: by the ratio where there is a peer, else by the value."""
        if self.target is None:
            return None
        reached = self.value if self.peer is None else self.ratio
        if reached is None:
            return False
        return reached <= self.target if self.lower_is_better else reached >= self.target

    def record(self) -> dict[str, Any]:
        """Return the line for .bench/results.jsonl."""
        return asdict(self) | {"ratio": self.ratio, "met": self.met}

    def line(self) -> str:
        """Return the line for people."""
        return "  ".join(self._parts())

    def _parts(self) -> Iterator[str]:
        yield f"{self.group}/{self.name}: {self.value:,.4g} {self.unit}"
        if self.peer is not None and self.peer_value is not None:
            yield f"{self.peer} {self.peer_value:,.4g}, ratio {self.ratio:.3g}"
        if self.target is not None:
            sign = "<=" if self.lower_is_better else ">="
            yield f"target {sign} {self.target:g}: {'met' if self.met else 'NOT MET'}"
