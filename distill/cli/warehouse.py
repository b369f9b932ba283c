"""`distill warehouse`: what is done with the warehouse as a whole."""

import typer

from distill.cli import care, exchange

app = typer.Typer(
    no_args_is_help=True, help="Bring traces into the warehouse and data out; look after it."
)
for part in (exchange, care):
    part.register(app)


def register(parent: typer.Typer) -> None:
    """Add the group."""
    parent.add_typer(app, name="warehouse", rich_help_panel="Looking around")
