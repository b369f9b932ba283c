"""`distill recipes`: what ships."""

import typer
from rich.table import Table

from distill.cli.options import wide_console
from distill.config.load import RECIPES, load_recipe


def register(app: typer.Typer) -> None:
    """Add the sub-command."""
    app.command("recipes", rich_help_panel="Looking around")(list_recipes)


def list_recipes() -> None:
    """List the recipes that ship, with a line each."""
    table = Table(box=None, pad_edge=False)
    table.add_column("recipe", style="bold")
    table.add_column("what")
    for path in sorted(RECIPES.glob("*.toml")):
        table.add_row(path.stem, load_recipe(path.stem).description)
    wide_console().print(table)
