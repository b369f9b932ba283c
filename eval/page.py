"""The report as one self-contained HTML page: no script, no font, nothing to load."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from eval import words
from eval.results import OVERALL, ROLES, Report

TEMPLATE = "page.html.jinja"


def render_page(report: Report) -> str:
    """Return the page; every text of recipes and models is escaped by the template engine."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE).render(
        report=report, words=words, roles=ROLES, overall=OVERALL
    )
