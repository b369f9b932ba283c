"""`distill status`: how far the runs of a recipe are."""

import os

import typer
from rich.markup import escape
from rich.table import Table

from distill.cli.options import DEFAULT_RECIPE, HomeOption, RecipeOption, SetOption, wide_console
from distill.cli.stages import PIPELINE
from distill.config.load import load_recipe
from distill.runs.home import Home
from distill.runs.run import Status, read_status


def register(app: typer.Typer) -> None:
    """Add the sub-command."""
    app.command("status", rich_help_panel="Looking around")(show)


def show(
    recipe: RecipeOption = DEFAULT_RECIPE, set_: SetOption = None, home: HomeOption = None
) -> None:
    """Show how far each stage of a recipe is, and where its log lies."""
    resolved, place = load_recipe(recipe, set_ or ()), Home.at(home)
    table = Table(title=f"recipe {resolved.name}", title_justify="left", box=None, pad_edge=False)
    for name, justify in (
        ("stage", "left"),
        ("state", "left"),
        ("done", "right"),
        ("seconds", "right"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    table.add_column("what", overflow="fold")
    table.add_column("folder", overflow="fold", style="dim")
    for stage in PIPELINE:
        folder = place.run_dir(resolved.name, stage, resolved.run_id(stage))
        status = read_status(folder)
        if status is None:
            table.add_row(stage, "[dim]not begun", "", "", "", "")
            continue
        of = f"/{status.total}" if status.total is not None else ""
        done = f"{status.done}{of}" if status.done or of else ""
        where = str(folder.relative_to(place.root))
        table.add_row(
            stage, _state(status), done, f"{status.seconds:.1f}", escape(status.message), where
        )
    wide_console().print(table)


def _state(status: Status) -> str:
    if status.state == "running" and not _alive(status.pid):
        return "[red]killed[/]"
    colour = {"finished": "green", "running": "cyan"}.get(status.state, "red")
    return f"[{colour}]{status.state}[/]"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
