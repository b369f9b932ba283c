"""What the README says can be typed, can be typed."""

import re
from pathlib import Path

import pytest

from distill.config.load import RECIPES
from warehouse.database import Warehouse

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
STATEMENTS = re.findall(r"^    (select .+)$", README, re.M)


def test_there_are_statements_to_try() -> None:
    assert len(STATEMENTS) >= 5


@pytest.mark.parametrize("statement", STATEMENTS)
def test_its_sql_runs_on_any_warehouse(tmp_path: Path, statement: str) -> None:
    assert Warehouse(tmp_path / "warehouse.duckdb", "test").query(statement) == []


def test_its_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"\bmake ([a-z-]+)", README)) - {"small"} <= targets


def test_its_recipes_are_those_that_ship() -> None:
    listed = re.findall(r"^\| `([a-z0-9-]+)` \| .+$", README.split("## Recipes")[1], re.M)
    assert set(listed) == {path.stem for path in RECIPES.glob("*.toml")}
