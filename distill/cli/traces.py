"""`distill traces`: traces as a person reads them."""

from typing import Annotated

import typer

from distill.cli.options import HomeOption, WarehouseOption
from distill.errors import UserError
from distill.runs.home import Home

app = typer.Typer(no_args_is_help=True, help="Read traces: one by its id, or some of a kind.")
FullOption = Annotated[bool, typer.Option("--full", help="Fold nothing.")]


def register(parent: typer.Typer) -> None:
    """Add the sub-commands."""
    parent.add_typer(app, name="traces", rich_help_panel="Looking around")


@app.command("show")
def show(
    ids: Annotated[
        list[str], typer.Argument(metavar="ID", help="Ids, or beginnings that only one id has.")
    ],
    full: FullOption = False,
    warehouse: WarehouseOption = None,
    home: HomeOption = None,
) -> None:
    """Show traces: prompt, reasoning (folded), answer, verdicts, filters, lineage."""
    from warehouse.answer import source_of
    from warehouse.trace_page import find_trace, print_traces

    source = source_of(Home.at(home).warehouse, warehouse)
    print_traces(source, [find_trace(source, id_) for id_ in ids], full=full)


@app.command("sample")
def sample(
    where: Annotated[
        str,
        typer.Option(
            "--where", "-w", help="A condition on `traces`, such as \"verdict = 'wrong'\"."
        ),
    ] = "true",
    num: Annotated[int, typer.Option("--num", "-n", min=1, help="How many.")] = 3,
    seed: Annotated[int, typer.Option("--seed", help="Another seed draws others.")] = 0,
    full: FullOption = False,
    warehouse: WarehouseOption = None,
    home: HomeOption = None,
) -> None:
    """Show some traces, drawn at random from those for which a condition holds."""
    from warehouse.answer import source_of
    from warehouse.trace_page import print_traces, sample_traces

    source = source_of(Home.at(home).warehouse, warehouse)
    ids = sample_traces(source, where, num, seed)
    if not ids:
        raise UserError(f"no trace for which {where} holds")
    print_traces(source, ids, full=full)
