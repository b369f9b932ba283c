"""The card of an exported training set: what it is, where it is from, under which licences."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from warehouse.terminal import printable
from warehouse.writers import ENDINGS

if TYPE_CHECKING:
    from warehouse.export import Exported

HERE = Path(__file__).parent
SOURCE = ("source", "domain", "licence", "revision")
TEACHER = ("teacher", "revision", "licence")


def write_card(exported: "Exported", folder: Path) -> None:
    """Write README.md, and the same for programs: export.json."""
    environment = Environment(
        loader=FileSystemLoader(HERE),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = _cell
    licences = {licence for _, _, licence, _ in exported.sources}
    facts = asdict(exported) | {
        "splits": dict(sorted(exported.splits.items())),
        "sources": _counted(SOURCE, exported.sources),
        "teachers": _counted(TEACHER, exported.teachers),
    }
    text = environment.get_template("card.md.jinja").render(
        **facts,
        only_licence=licences.pop().lower() if len(licences) == 1 else "unverified",
        path=ENDINGS[exported.format],
    )
    (folder / "README.md").write_text(text, encoding="utf-8")
    text = json.dumps(facts, indent=1, ensure_ascii=False, sort_keys=True)
    (folder / "export.json").write_text(text + "\n", encoding="utf-8")


def _counted(names: Sequence[str], counts: Counter[tuple[str, ...]]) -> list[dict[str, Any]]:
    return [
        dict(zip(names, parts, strict=True)) | {"num_traces": num}
        for parts, num in sorted(counts.items())
    ]


def _cell(text: object) -> str:
    """Return a text that stays inside its cell of a Markdown table."""
    safe = printable(str(text))
    return "".join(f"\\{c}" if c in r"\|<>[]*_`" else c for c in safe)
