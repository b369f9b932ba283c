"""`distill warehouse import`, `export`: traces that others made, and data for others."""

from pathlib import Path
from typing import Annotated, get_args

import typer

from distill.cli.options import HomeOption, recipe_context
from distill.cli.stages import STAGES
from distill.config.curation import Domain
from distill.config.prompts import Layout
from distill.config.recipe import Recipe
from distill.errors import UserError, nearest

DOMAINS: tuple[str, ...] = get_args(Domain)
LAYOUTS: tuple[str, ...] = get_args(Layout)


def register(app: typer.Typer) -> None:
    """Add the sub-commands."""
    app.command("import")(import_file)


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
    for option, value, known in (("layout", layout, LAYOUTS), ("domain", domain, DOMAINS)):
        if value not in known:
            raise UserError(f"--{option} {value!r}{nearest(value, known)}")
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
