"""One student to be trained: what decides its weights, and where they lie."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from distill.config.training import Sft
from distill.ids import content_id
from distill.models.identity import Model
from distill.runs.home import Home
from distill.templates.gate import COMPLETE

EXPORT_VERSION = 1
"""Part of every checkpoint's key: raise it when the same settings give another folder."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A base, a training set and settings."""

    student: str
    base: Model
    dataset_id: UUID
    sft: Sft
    settings_hash: UUID
    """Of everything else that the weights depend on."""

    @property
    def key(self) -> UUID:
        """The same key means the same training."""
        return content_id(
            {
                "base_weights_id": self.base.weights_id,
                "dataset_id": self.dataset_id,
                "settings_hash": self.settings_hash,
                "export_version": EXPORT_VERSION,
            }
        )

    def folder(self, home: Home) -> Path:
        """Where the finished student lies."""
        return home.checkpoints / f"{self.student}-{str(self.key)[:8]}"

    def work_folder(self, home: Home) -> Path:
        """Where its training keeps what it needs to go on; removed when it is finished."""
        return home.checkpoints / f".{self.student}-{str(self.key)[:8]}.training"


def finished(folder: Path) -> dict[str, Any] | None:
    """Return the checkpoint's row as its folder records it, or None if it is not finished."""
    try:
        row = json.loads((folder / COMPLETE).read_text(encoding="utf-8"))["row"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return {**row, "path": str(folder)}
