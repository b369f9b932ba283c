"""The miniature at full size through vLLM: teacher, bases in both forms, students, controls.

12 families x 50 held-out problems x 8 responses a model, temperature 0.6, top-p 0.95, by the recipe
`miniature`. Controls (bases after SFT on direct answers) do not ship: they are scored where
`make teacher` left them, in var/miniature/weights.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.figure import Figure

MINUTES = 40
CONTROLS = Path(__file__).parents[2] / "var" / "miniature" / "weights"
WORKED = 'extends = "miniature"\n[evaluation.base]\nprefill = "Solution:\\n"\n'


def measure() -> Iterator[Figure]:
    """Yield every model's score, and each student's share of the gap."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        recipes = {"miniature": "miniature"} | _written(Path(folder), "worked", WORKED)
        if controls := _controls():
            recipes |= _written(Path(folder), "controls", controls)
        for recipe in recipes.values():
            _distill(folder, "eval", "--recipe", recipe)
        scores = {
            (row["recipe"], row["model"]): row
            for row in _rows(folder, "from scores where benchmark = 'overall'")
        }
        yield from _scores(scores)
        for row in _rows(folder, "from student_vs_teacher where benchmark = 'overall'"):
            if row["recipe"] == "miniature":
                yield _figure(f"{row['student']}_recovered", row, "recovered", target=0.9)
    yield _share("minutes", (time.monotonic() - begun) / 60, "min", MINUTES, lower=True)


def _scores(scores: dict[tuple[str, str], dict[str, Any]]) -> Iterator[Figure]:
    yield _figure("teacher", scores["miniature", "teacher"], "pass_at_1", "ci", target=0.95)
    for name in ("qwen3", "llama"):
        forms = [scores[recipe, f"base-{name}"] for recipe in ("miniature", "worked")]
        for form, row in zip(("direct", "worked"), forms, strict=True):
            yield _figure(f"base_{name}_{form}", row, "pass_at_1", "ci")
        better = max(forms, key=lambda row: row["pass_at_1"])
        yield _figure(f"base_{name}", better, "pass_at_1", "ci", target=0.4, lower=True)
        student = scores["miniature", f"student-{name}"]
        yield _figure(f"student_{name}", student, "pass_at_1", "ci")
        if control := scores.get(("controls", f"control-{name}")):
            yield _figure(f"control_{name}", control, "pass_at_1", "ci")


def _figure(
    name: str,
    row: dict[str, Any],
    column: str,
    ends: str = "",
    *,
    target: float | None = None,
    lower: bool = False,
) -> Figure:
    low, high = row[f"{ends or column}_low"], row[f"{ends or column}_high"]
    return _share(name, row[column], f"[{low:.3f}, {high:.3f}]", target, lower=lower)


def _share(name: str, value: float, unit: str, target: float | None, *, lower: bool) -> Figure:
    return Figure(
        name=name,
        group="miniature",
        value=value,
        unit=unit,
        target=target,
        lower_is_better=lower,
    )


def _controls() -> str:
    """Return the recipe that scores the controls as bases, or nothing where there are none."""
    found = [CONTROLS / f"control-{name}" for name in ("qwen3", "llama")]
    if not all(folder.is_dir() for folder in found):
        return ""
    bases = "".join(
        f"[student.bases.{folder.name}]\nsource = {json.dumps(str(folder))}\nmax_model_len = 1024\n"
        for folder in found
    )
    return f'extends = "miniature"\n[student]\nonly = ["control-qwen3", "control-llama"]\n{bases}'


def _written(folder: Path, name: str, recipe: str) -> dict[str, str]:
    path = folder / f"{name}.toml"
    path.write_text(recipe)
    return {name: str(path)}


def _rows(home: str, query: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(_distill(home, "sql", "--format", "json", query))
    return rows


def _distill(home: str, *arguments: str) -> str:
    command = [sys.executable, "-m", "distill.cli", *arguments, "--home", home]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
