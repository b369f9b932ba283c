"""From a row of a published benchmark to its text and its golds."""

import ast
import re
from collections.abc import Callable
from typing import Any, TypeAlias

from distill.benchmarks.rows import Row, text_field
from distill.errors import UserError

Golds: TypeAlias = dict[str, dict[str, Any]]
Reader: TypeAlias = Callable[[Row, str], tuple[str, Golds]]
"""reader(row, where) raises a UserError that begins with `where` for a row that it cannot read."""
SHOWN_TESTS = "{problem}\nYour code should pass these tests:\n\n{tests}"
"""How MBPP's authors ask: a test is the only place where its function's name stands."""


def mathematics(problem: str, gold: str, *, pattern: str = r"(?s)(.+)") -> Reader:
    """Return a reader of rows with these fields; the pattern's first group is the answer."""

    def read(row: Row, where: str) -> tuple[str, Golds]:
        text, reference = text_field(row, problem, where), text_field(row, gold, where)
        answer = re.search(pattern, reference)
        if answer is None:
            raise UserError(f"{where}: no {pattern!r} in {reference[-60:]!r}")
        return text, {"math": {"answer": answer[1].strip()}}

    return read


def humaneval(row: Row, where: str) -> tuple[str, Golds]:
    """Return a function to be completed, and its `check`."""
    prompt = text_field(row, "prompt", where)
    gold = {
        "tests": [text_field(row, "test", where)],
        "entry_point": text_field(row, "entry_point", where),
        "prompt": prompt,
    }
    return prompt, {"code": gold}


def mbpp(row: Row, where: str) -> tuple[str, Golds]:
    """Return a task with its asserts, all of them shown, and the function that they call."""
    tests = _texts(row, "test_list", where)
    text = SHOWN_TESTS.format(
        problem=text_field(row, "prompt", where).strip(), tests="\n".join(tests)
    )
    gold: dict[str, Any] = {"tests": [*_texts(row, "test_imports", where), *tests]}
    defined = re.findall(r"^def (\w+)", text_field(row, "code", where), re.MULTILINE)
    called = {n.id for test in tests for n in ast.walk(ast.parse(test)) if isinstance(n, ast.Name)}
    if names := [name for name in defined if name in called]:
        gold["entry_point"] = names[-1]
    return text, {"code": gold}


def _texts(row: Row, field: str, where: str) -> list[str]:
    value = row.get(field, [])
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise UserError(f"{where}: field {field!r} is no list of texts")
    return value
