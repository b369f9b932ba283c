"""What a run spends while it samples: recorded as it goes on, and shown on the live line."""

import time
from datetime import UTC, datetime
from typing import Any

from distill.config.models import ModelSpec
from distill.models.identity import Model
from distill.runs.run import Run
from distill.sampling.report import SampleReport
from distill.serving.profile import num_gpus
from warehouse.database import Warehouse


class Session:
    """A stretch of a run in which it asks a model; a row of `sampling_sessions`."""

    def __init__(self, run: Run, warehouse: Warehouse, model: Model, spec: ModelSpec) -> None:
        self._warehouse, self._prices = warehouse, spec.prices
        self._begun = time.monotonic()
        self._num_gpus = num_gpus(spec)
        self._row: dict[str, Any] = {
            "run_id": run.run_id,
            "model_id": model.model_id,
            "started": datetime.now(UTC),
            "num_gpus": self._num_gpus,
        } | spec.prices.model_dump()

    def touch(self) -> None:
        """Write down how long it has gone on; a kill loses what came after."""
        seconds = time.monotonic() - self._begun
        self._warehouse.insert("sampling_sessions", [self._row | {"seconds": seconds}])

    def note(self, report: SampleReport, *, kept: int, of: int) -> str:
        """Return what the live line says behind the pace.

        Args:
            report: what was sampled.
            kept: how many are worth keeping, as far as that is known.
            of: how many that is known of.
        """
        seconds = max(report.seconds, 1e-9)
        parts = [f"{report.completion_tokens / seconds:,.0f} tok/s"]
        parts += [f"{kept / of:.0%} kept"] if of else []
        parts += [f"{report.num_failed} failed"] if report.num_failed else []
        gpu_seconds = None if self._num_gpus is None else report.seconds * self._num_gpus
        cost = self._prices.cost(report.prompt_tokens, report.completion_tokens, gpu_seconds)
        parts += [f"{cost:,.4f} {self._prices.currency}"] if cost is not None else []
        return ", ".join(parts)
