"""`distill sql`: the warehouse under SQL, read-only unless asked otherwise."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from distill.cli.options import HomeOption, WarehouseOption
from distill.errors import UserError, nearest
from distill.runs.home import Home

FORMATS = ("table", "csv", "json", "parquet")
ENDINGS = {".csv": "csv", ".json": "json", ".jsonl": "json", ".parquet": "parquet"}


def register(app: typer.Typer) -> None:
    """Add the sub-command."""
    app.command("sql", rich_help_panel="Looking around")(sql)


def sql(
    query: Annotated[
        str | None,
        typer.Argument(help="SQL in DuckDB's dialect; without any, a shell opens."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="Take the SQL from a file; - is stdin.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", "-n", help="Ask a question that has a name (--list).")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the questions with a name.")] = False,
    schema: Annotated[
        bool,
        typer.Option(
            "--schema", help="Print relations and columns, or those of one: --schema traces."
        ),
    ] = False,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", help="NAME=VALUE, bound as $NAME. Repeatable."),
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option("--format", help="table, csv, json (an object a line) or parquet."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write to a file; its ending says the format."),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Allow changes.")] = False,
    warehouse: WarehouseOption = None,
    home: HomeOption = None,
) -> None:
    """Query the warehouse, or open a shell on it: distill sql "select * from scores".

    Of several statements the rows of the last are shown.
    """
    from warehouse.answer import answer, source_of
    from warehouse.library import listing, parse_parameters, question

    if list_:
        return typer.echo(listing(), nl=False)
    place, chosen = Home.at(home), _format(format_, output)
    params = parse_parameters(param or ())
    if schema:
        from warehouse.describe import schema as describe
        from warehouse.describe import schema_text

        rows = describe(source_of(place.warehouse, warehouse), query.split() if query else ())
        return typer.echo(schema_text(rows), nl=False)
    text = None if name else _text(query, file)
    if name:
        _refuse(query or file, "--name brings its own SQL: give no other.")
        asked = question(name)
        text, params = asked.text, asked.bound(params)
    source = source_of(place.warehouse, warehouse)
    if text is None:
        from warehouse.shell import Shell

        _refuse(output or format_ or params, "the shell takes no --format, --output, --param.")
        return Shell(source, place.root / "sql_history", write=write).run()
    return answer(source, text, params, format_=chosen, output=output, write=write)


def _refuse(given: object, why: str) -> None:
    if given:
        raise UserError(f"sql: {why}")


def _text(query: str | None, file: Path | None) -> str | None:
    """Return the SQL that was given; None asks for the shell."""
    if query is not None:
        _refuse(file, "give the SQL or a file with --file, not both.")
        return query
    if str(file) == "-" or (file is None and not sys.stdin.isatty()):
        return sys.stdin.read()
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--file {file}: cannot be read: {error}") from error


def _format(given: str | None, output: Path | None) -> str:
    """Return the format that was named, or that the output file's ending says.

    Raises:
        UserError: for an unknown one, and for Parquet on a terminal.
    """
    if given is None:
        return ENDINGS.get(output.suffix.lower(), "table") if output else "table"
    if given not in FORMATS:
        raise UserError(f"--format {given!r}{nearest(given, FORMATS)}")
    if given == "parquet" and output is None and sys.stdout.isatty():
        raise UserError("--format parquet: not for a terminal. Name a file with --output.")
    return given
