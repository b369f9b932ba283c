"""The home folder: where runs, models and the warehouse lie."""

import os
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from distill.errors import UserError


@dataclass(frozen=True, kw_only=True)
class Home:
    """Paths under the home folder (--home, DISTILL_HOME, by default `var/` here)."""

    root: Path

    @classmethod
    def at(cls, path: str | None = None) -> "Home":
        """Return the home at `path`, DISTILL_HOME or ./var, made if it is not there.

        Raises:
            UserError: if the folder cannot be made or written.
        """
        root = Path(path or os.environ.get("DISTILL_HOME") or "var").absolute()
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"home folder {root}: {error.strerror}. Choose another with --home."
            ) from error
        if not os.access(root, os.W_OK):
            raise UserError(f"home folder {root}: not writable. Choose another with --home.")
        return cls(root=root)

    @property
    def warehouse(self) -> Path:
        """The DuckDB file."""
        return self.root / "warehouse.duckdb"

    @property
    def models(self) -> Path:
        """Models that set-up prepared, a folder each."""
        return self.root / "models"

    @property
    def checkpoints(self) -> Path:
        """Students, a folder each."""
        return self.root / "checkpoints"

    @property
    def servers(self) -> Path:
        """One JSON file for each server that runs and may be shared."""
        return self.root / "servers"

    def run_dir(self, recipe: str, stage: str, run_id: UUID) -> Path:
        """The folder of one run."""
        return self.root / "runs" / recipe / f"{stage}-{str(run_id)[:8]}"


def data_dir(path: str | None = None) -> Path | None:
    """Return the folder of local data files (--data, DISTILL_DATA), or None.

    Raises:
        UserError: if one is named and is no folder.
    """
    named = path or os.environ.get("DISTILL_DATA")
    if not named:
        return None
    folder = Path(named).absolute()
    if not folder.is_dir():
        raise UserError(f"data folder {folder}: no such folder. Correct --data or DISTILL_DATA.")
    return folder
