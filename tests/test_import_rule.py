"""Who may import whom: distill no stage (save the command, lazily), stages never each other."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STAGES = {"teacher", "datagen", "student", "eval"}
ALLOWED = {
    "distill": {"distill"},
    "warehouse": {"warehouse", "distill"},
    **{stage: {stage, "warehouse", "distill"} for stage in STAGES},
}
PACKAGES = set(ALLOWED)


def imported_packages(source: str) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names & PACKAGES


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_packages_import_only_what_they_may(package: str) -> None:
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (ROOT / package).rglob("*.py")
        for name in imported_packages(path.read_text()) - ALLOWED[package]
        if (package, path.parent.name, name) != ("distill", "cli", "warehouse")
    }
    assert not wrong


def test_the_built_in_eval_is_never_hidden() -> None:
    wrong = [
        str(path)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import) and any(alias.name == "eval" for alias in node.names)
    ]
    assert not wrong


def test_the_rule_finds_a_forbidden_import() -> None:
    assert imported_packages("from eval.statistics import x\nimport student.sft") == {
        "eval",
        "student",
    }
