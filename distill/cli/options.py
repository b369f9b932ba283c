"""Options that several sub-commands share."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from distill.config.load import load_recipe
from distill.config.recipe import Recipe
from distill.runs.context import Context
from distill.runs.home import Home, data_dir

DEFAULT_RECIPE = "tiny"
LOG_WIDTH = 120

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

WarehouseOption = Annotated[
    str | None,
    typer.Option(
        "--warehouse", help="A published folder, or s3://bucket/path, instead of the home's file."
    ),
]
ShardOption = Annotated[
    str | None,
    typer.Option(help="Ask for one share only, 2/8 is the second of eight, into its own outbox."),
]
ShardsOption = Annotated[
    Path | None,
    typer.Option(
        help="Folder that the shards share: manifest, prompts, known keys, outboxes "
        "(default: in the run's folder). Without --shard its outboxes are merged."
    ),
]


def wide_console() -> Console:
    """Return the terminal, or off it (logs, CI) one that is wide enough for the tables."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=LOG_WIDTH)


@contextmanager
def stage_context(
    recipe: str, overrides: list[str] | None, data: str | None, home: str | None
) -> Iterator[Context]:
    """Give a stage its context; servers that were started in it end with it."""
    with recipe_context(load_recipe(recipe, overrides or ()), data, home) as context:
        yield context


@contextmanager
def recipe_context(recipe: Recipe, data: str | None, home: str | None) -> Iterator[Context]:
    """Give stages their context for a recipe that is resolved."""
    from distill.serving.pool import ServerPool

    place, console = Home.at(home), wide_console()
    servers = ServerPool(place, console, keep=True)
    try:
        yield Context(
            recipe=recipe, home=place, data=data_dir(data), servers=servers, console=console
        )
    finally:
        servers.close()
