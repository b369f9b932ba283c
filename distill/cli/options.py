"""Options that several sub-commands share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console

from distill.config.load import load_recipe
from distill.runs.context import Context
from distill.runs.home import Home, data_dir

DEFAULT_RECIPE = "smol-cpu"

RecipeOption = Annotated[
    str,
    typer.Option(
        "--recipe", "-r", help="A shipped recipe's name (`distill recipes`) or a TOML file."
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change a key: --set student.sft.learning_rate=5e-5. Repeatable."),
]
DataOption = Annotated[
    str | None,
    typer.Option("--data", help="Folder of local data files (default: DISTILL_DATA)."),
]
HomeOption = Annotated[
    str | None,
    typer.Option(
        "--home", help="Folder of runs, models and warehouse (default: DISTILL_HOME or ./var)."
    ),
]


@contextmanager
def stage_context(
    recipe: str, overrides: list[str] | None, data: str | None, home: str | None, *, keep: bool
) -> Iterator[Context]:
    """Give a stage its context; servers that it started end with it.

    Args:
        keep: Leave a server up between stages, for `distill all`.
    """
    from distill.serving.pool import ServerPool

    resolved = load_recipe(recipe, overrides or ())
    place, console = Home.at(home), Console(highlight=False)
    servers = ServerPool(place, console, keep=keep)
    try:
        yield Context(
            recipe=resolved, home=place, data=data_dir(data), servers=servers, console=console
        )
    finally:
        servers.close()
