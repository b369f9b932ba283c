"""The miniature at full size through vLLM: teacher, bases in both forms, students, controls.

12 families x 50 held-out problems x 8 responses a model, temperature 0.6, top-p 0.95, by the recipe
`miniature`. Controls (bases after SFT on direct answers) do not ship: where `make teacher` left
them, in var/miniature/weights, they are scored as bases, and the students that ship beside them.
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
        _distill(folder, "eval", "--recipe", "miniature")
        direct = _scores(folder, "miniature")
        yield _figure("teacher", direct["teacher"], "pass_at_1", "ci", target=0.95)
        for name, row in direct.items():
            if name != "teacher":
                yield _figure(name, row, "pass_at_1", "ci")
        for row in _students(folder, "miniature"):
            yield _figure(f"{row['student']}_recovered", row, "recovered", target=0.9)
        _distill(folder, "eval", "--recipe", _written(folder, "worked", WORKED))
        worked = _scores(folder, "worked")
        for name in ("base-qwen3", "base-llama"):
            yield _figure(f"{name}_worked", worked[name], "pass_at_1", "ci")
            best = max(direct[name], worked[name], key=lambda row: float(row["pass_at_1"]))
            yield _figure(f"{name}_best", best, "pass_at_1", "ci", target=0.4, lower=True)
        if controls := _controls():
            _distill(folder, "eval", "--recipe", _written(folder, "controls", controls))
            for name, row in _scores(folder, "controls").items():
                if name.startswith("control"):
                    yield _figure(name, row, "pass_at_1", "ci")
            for row in _students(folder, "controls"):
                yield _figure(f"gain_over_{row['student']}", row, "gain", target=0.0)
    yield _share("minutes", (time.monotonic() - begun) / 60, "min", MINUTES, lower=True)


def _scores(home: str, recipe: str) -> dict[str, dict[str, Any]]:
    """Return the overall scores of a recipe by model."""
    where = f"recipe = '{recipe}' and benchmark = 'overall'"
    return {row["model"]: row for row in _rows(home, f"from scores where {where}")}


def _students(home: str, recipe: str) -> list[dict[str, Any]]:
    where = f"recipe = '{recipe}' and benchmark = 'overall'"
    return _rows(home, f"from student_vs_teacher where {where}")


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
    found = {name: CONTROLS / f"control-{name}" for name in ("qwen3", "llama")}
    if not all(folder.is_dir() for folder in found.values()):
        return ""
    # the students have answered already, under the recipe miniature: nothing is asked twice
    bases = "".join(
        f"[student.bases.control-{name}]\nsource = {json.dumps(str(folder))}\n"
        f'checkpoint = "miniature/student-{name}"\nmax_model_len = 1024\n'
        for name, folder in found.items()
    )
    return f'extends = "miniature"\n[student]\nonly = ["control-qwen3", "control-llama"]\n{bases}'


def _written(folder: str, name: str, recipe: str) -> str:
    path = Path(folder, f"{name}.toml")
    path.write_text(recipe)
    return str(path)


def _rows(home: str, query: str) -> list[dict[str, Any]]:
    lines = _distill(home, "sql", "--format", "json", query).splitlines()
    return [json.loads(line) for line in lines]


def _distill(home: str, *arguments: str) -> str:
    command = [sys.executable, "-m", "distill.cli", *arguments, "--home", home]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
