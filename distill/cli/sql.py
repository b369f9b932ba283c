"""`distill sql`: the warehouse, read-only."""

import json
from typing import Annotated

import typer

from distill.cli.options import HomeOption
from distill.errors import UserError
from distill.runs.home import Home

FORMATS = ("table", "csv", "json")


def register(app: typer.Typer) -> None:
    """Add the sub-command."""
    app.command("sql", rich_help_panel="Looking around")(sql)


def sql(
    query: Annotated[str, typer.Argument(help="One SQL statement, in DuckDB's dialect.")],
    format_: Annotated[
        str, typer.Option("--format", "-f", help="table, csv or json (one object a line).")
    ] = "table",
    param: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", help="NAME=VALUE, bound as $NAME. Repeatable."),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Query the warehouse, read-only: distill sql "select * from scores"."""
    from warehouse.shell import render, run_query

    if format_ not in FORMATS:
        raise UserError(f"--format {format_!r}: choose from {', '.join(FORMATS)}")
    params = dict(_param(text) for text in param or ())
    typer.echo(render(run_query(Home.at(home).warehouse, query, params), format_), nl=False)


def _param(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UserError(f"--param {text!r}: write it as NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
