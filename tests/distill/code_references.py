"""HumanEval's and MBPP's own solutions, and what is not quite them."""

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distill.benchmarks.readers import humaneval, mbpp
from distill.benchmarks.rows import find_file, read_rows

SETS = {"humaneval": ("HumanEval.jsonl", humaneval), "mbpp": ("mbpp_sanitized.json", mbpp)}
_OTHER = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.GtE: ast.Lt,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A problem with the solution that its authors give."""

    name: str
    gold: dict[str, Any]
    solution: str
    """A whole module."""
    body: str | None
    """What goes on from the prompt, where there is one."""


def references(benchmark: str, data: Path) -> list[Reference]:
    """Return the problems of a benchmark in the data folder."""
    file, reader = SETS[benchmark]
    path = find_file(file, data)
    assert path, f"no {file} in {data}"
    found = []
    for number, row in read_rows(path):
        gold = reader(row, f"{file}, row {number}")[1]["code"]
        body = row.get("canonical_solution")
        solution = row["prompt"] + body if body else row["code"]
        found.append(
            Reference(name=f"{benchmark}/{number}", gold=gold, solution=solution, body=body)
        )
    return found


def emptied(reference: Reference) -> str:
    """Return the solution with nothing in the function that is tested."""
    tree = ast.parse(reference.solution)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == reference.gold["entry_point"]:
            node.body = [ast.Pass()]
    return ast.unparse(tree)


def with_another_operator(reference: Reference) -> str | None:
    """Return the solution with the first operator of the tested function changed, if it has any."""
    tree = ast.parse(reference.solution)
    for function in reversed(tree.body):
        for node in ast.walk(function):
            if isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in _OTHER:
                node.op = _OTHER[type(node.op)]()
                return ast.unparse(tree)
            if isinstance(node, ast.Compare) and type(node.ops[0]) in _OTHER:
                node.ops[0] = _OTHER[type(node.ops[0])]()
                return ast.unparse(tree)
    return None


def as_one_script(solution: str, gold: dict[str, Any]) -> str:
    """Return solution and tests as one plain script, as those who run them without a sandbox do."""
    script = "\n".join([solution, *gold["tests"]])
    checked = "def check(" in script and gold.get("entry_point")
    return f"{script}\ncheck({gold['entry_point']})\n" if checked else script
