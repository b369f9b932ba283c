"""`distill warehouse`: proving it, backing it up, restoring and compacting it."""

from pathlib import Path
from typing import Annotated

import typer

from distill.cli.options import HomeOption
from distill.runs.home import Home


def register(parent: typer.Typer) -> None:
    """Add the sub-commands."""
    for command in (check, backup, restore, compact, rebuild):
        parent.command()(command)


def check(home: HomeOption = None) -> None:
    """Prove keys, lineage, derived tables and the checksum of every block; count every relation."""
    from warehouse.answer import existing
    from warehouse.checks import run_checks
    from warehouse.fingerprint import fingerprints

    warehouse = existing(Home.at(home).warehouse)
    with warehouse.read() as connection:
        for relation, found in fingerprints(connection).items():
            typer.echo(f"{relation:24}{found.num_rows:>14,} rows  checksum {found.checksum}")
    violations = run_checks(warehouse)
    for violation in violations:
        typer.echo(str(violation))
    typer.echo(f"{len(violations)} checks found something" if violations else "all checks pass")
    if violations:
        raise typer.Exit(1)


def backup(
    target: Annotated[
        Path, typer.Argument(help="The file to write; FILE.json says what it holds.")
    ],
    home: HomeOption = None,
) -> None:
    """Copy the warehouse while it is in use; writers wait until the file is copied."""
    from warehouse.answer import existing
    from warehouse.backup import backup

    manifest = backup(existing(Home.at(home).warehouse), target.absolute())
    rows = sum(relation["num_rows"] for relation in manifest["relations"].values())
    typer.echo(f"{target}: {manifest['num_bytes'] / 1e6:,.1f} MB, {rows:,} rows")


def restore(
    source: Annotated[Path, typer.Argument(help="A file that `distill warehouse backup` wrote.")],
    home: HomeOption = None,
) -> None:
    """Put a backup in the warehouse's place, after its checksum; the old file is kept beside it."""
    from warehouse.backup import restore

    path = Home.at(home).warehouse
    kept = restore(path, source.absolute())
    typer.echo(f"{path}: restored" + (f"; what was there is {kept} now" if kept else ""))


def compact(home: HomeOption = None) -> None:
    """Write the file anew, without what small batches left; everybody waits meanwhile."""
    from warehouse.answer import existing
    from warehouse.compact import compact

    sizes = compact(existing(Home.at(home).warehouse))
    typer.echo(f"{sizes.bytes_before / 1e6:,.1f} MB before, {sizes.bytes_after / 1e6:,.1f} MB now")


def rebuild(home: HomeOption = None) -> None:
    """Make marts and derived tables anew from the facts, as after a change by hand."""
    from warehouse.answer import existing
    from warehouse.migrate import make_marts

    with existing(Home.at(home).warehouse).write() as connection:
        make_marts(connection)
    typer.echo("marts and derived tables are made anew")
