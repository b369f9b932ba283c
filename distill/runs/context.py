"""What a stage is given."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from distill.config.recipe import Recipe
from distill.runs.home import Home

if TYPE_CHECKING:
    from distill.serving.pool import ServerPool


@dataclass(frozen=True, kw_only=True)
class Context:
    """A resolved recipe, where things lie, the servers that stages share, and the terminal.

    Every stage is a module with `check(context)`, which refuses bad input before any work starts,
    and `run(context)`, which does what is missing.
    """

    recipe: Recipe
    home: Home
    data: Path | None
    servers: "ServerPool"
    console: Console
