"""Stage report: base, student and teacher beside each other, on the terminal and as a page."""

from pathlib import Path

from rich.markup import escape

from distill.errors import UserError
from distill.runs.context import Context
from distill.runs.run import write_atomically
from eval.gather import gather
from eval.page import render_page
from eval.picture import write_pictures
from eval.results import Report
from eval.tables import comparison_tables
from warehouse.stage import stage_run


def check(context: Context) -> None:
    """Accept every recipe: what is missing can only be told once the others have run."""


def run(context: Context) -> None:
    """Print the comparison, and write the page and its picture.

    Raises:
        UserError: if nothing was evaluated yet.
    """
    with stage_run(context, "report") as (_, warehouse):
        report = gather(context, warehouse)
        if not report.scores:
            raise UserError(
                f"recipe {report.recipe}: nothing was evaluated yet. "
                f"`distill eval --recipe {report.recipe}` does it."
            )
        for part in comparison_tables(report):
            context.console.print(part)
            context.console.print()
        for warning in report.warnings:
            context.console.print(f"[yellow]{escape(warning)}[/]")
        for path in write_report(report, context.home.root / "reports"):
            context.console.print(f"report: {escape(str(path))}", soft_wrap=True)


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write RECIPE.html, RECIPE.svg and RECIPE.png and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / f"{report.recipe}.html"
    write_atomically(page, render_page(report))
    return [page, *write_pictures(report, folder / report.recipe)]
