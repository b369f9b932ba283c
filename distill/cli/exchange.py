"""`distill warehouse import`, `export`: traces that others made, and data for others."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, get_args

import typer

from distill.cli.options import HomeOption, WarehouseOption, recipe_context
from distill.cli.stages import STAGES
from distill.config.curation import Domain
from distill.config.prompts import Layout
from distill.config.recipe import Recipe
from distill.errors import UserError, nearest
from distill.runs.home import Home

DOMAINS: tuple[str, ...] = get_args(Domain)
LAYOUTS: tuple[str, ...] = get_args(Layout)


def register(app: typer.Typer) -> None:
    """Add the sub-commands."""
    app.command("import")(import_file)
    app.command("export")(export)
    app.command("publish")(publish)


def import_file(
    file: Annotated[Path, typer.Argument(help="JSON, JSONL or Parquet, plain or .gz.")],
    source: Annotated[
        str, typer.Option("--source", help="Names the source in the warehouse; keep it stable.")
    ],
    layout: Annotated[
        str,
        typer.Option("--layout", help=f"One of {', '.join(LAYOUTS)}; auto knows it by its fields."),
    ] = "auto",
    licence: Annotated[str, typer.Option("--licence", help="Of the data.")] = "unverified",
    revision: Annotated[
        str, typer.Option("--revision", help="Commit or release of the data.")
    ] = "unverified",
    model: Annotated[
        str, typer.Option("--model", help="Who wrote the traces, where the rows do not say.")
    ] = "unknown",
    domain: Annotated[
        str, typer.Option("--domain", help="math, code, stem, logic or general.")
    ] = "math",
    home: HomeOption = None,
) -> None:
    """Import traces that others made, and check them like our own; twice changes nothing.

    Rows that are broken are left out and told. To train on the traces, name the file with its
    layout as a source of a recipe (see import-only).
    """
    _check("layout", layout, LAYOUTS)
    _check("domain", domain, DOMAINS)
    if not file.is_file():
        raise UserError(f"{file}: no such file")
    rows = {"kind": "file", "name": source, "path": str(file.absolute()), "layout": layout}
    rows |= {"domain": domain, "licence": licence, "revision": revision, "trace_model": model}
    recipe = Recipe.model_validate(
        {"name": f"import-{source}", "prompts": [rows | {"broken_rows": "skip"}]}
    )
    with recipe_context(recipe, None, home) as context:
        for name in ("prompts", "generate", "verify"):
            STAGES[name].load().run(context)


def export(
    folder: Annotated[Path, typer.Argument(help="A new folder.")],
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="Id of a training set, or its beginning.")
    ] = None,
    arm: Annotated[
        str | None, typer.Option("--arm", help="The newest training set that an arm chose.")
    ] = None,
    recipe: Annotated[
        str | None, typer.Option("--recipe", "-r", help="Only sets that this recipe chose.")
    ] = None,
    layout: Annotated[
        str, typer.Option("--layout", help="messages, prompt-completion or sharegpt.")
    ] = "messages",
    format_: Annotated[
        str,
        typer.Option("--format", help="parquet, jsonl or datasets (for load_from_disk)."),
    ] = "parquet",
    warehouse: WarehouseOption = None,
    home: HomeOption = None,
) -> None:
    """Write a training set into a folder with a card that names sources, licences and revisions.

    The same data set, layout, format and exporter version make the same bytes.
    """
    from warehouse.answer import source_of
    from warehouse.export import choose_dataset, export_dataset
    from warehouse.layouts import LAYOUTS as LAYOUTS_OUT
    from warehouse.writers import WRITERS

    _check("layout", layout, LAYOUTS_OUT)
    _check("format", format_, WRITERS)
    source = source_of(Home.at(home).warehouse, warehouse)
    chosen = choose_dataset(source, dataset=dataset, arm=arm, recipe=recipe)
    exported = export_dataset(source, chosen.dataset_id, folder, layout=layout, format_=format_)
    splits = " + ".join(f"{num} {split}" for split, num in sorted(exported.splits.items()))
    arms = ", ".join(chosen.arms)
    typer.echo(f"data set {chosen.dataset_id} ({arms}): {splits} traces in {folder}")

    if exported.num_unanswered:
        typer.echo(f"left out: {exported.num_unanswered} traces that hold no answer")


def publish(
    folder: Annotated[str, typer.Argument(help="A folder, or s3://bucket/path.")],
    home: HomeOption = None,
) -> None:
    """Publish the warehouse as partitioned Parquet, to be read from many machines.

    `distill sql --warehouse FOLDER` asks it. Published again, readers see all of the new state or
    all of the old one.
    """
    from warehouse.answer import existing
    from warehouse.folder import Folder
    from warehouse.publish import publish as write

    done = write(existing(Home.at(home).warehouse), Folder.at(folder))
    typer.echo(
        f"{done.num_rows:,} rows, {done.num_bytes / 1e6:,.1f} MB: {done.snapshot} in {folder}"
    )


def _check(option: str, value: str, known: Iterable[str]) -> None:
    if value not in known:
        raise UserError(f"--{option} {value!r}{nearest(value, known)}")
