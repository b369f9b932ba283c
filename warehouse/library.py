"""Named questions: a .sql file each, whose comment says what it answers and what it can be given.

-- What it answers, as a question.
-- $limit = 20: what the parameter means
select ...
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from distill.errors import UserError, nearest
from warehouse.scripts import HERE, scripts

HOW = (
    "\nAsk with `--name QUESTION --param NAME=VALUE`, in the shell with `.ask QUESTION NAME=VALUE`."
)
_PARAMETER = re.compile(r"\$(\w+) = (.+?): (.+)")


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """What a question can be given."""

    default: Any
    meaning: str


@dataclass(frozen=True, kw_only=True)
class Question:
    """A statement with a name."""

    name: str
    text: str
    asks: str
    """What it answers, for people."""
    parameters: Mapping[str, Parameter]

    def bound(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of all parameters: those given, else the defaults.

        Raises:
            UserError: for one that the question does not have.
        """
        for name in params.keys() - self.parameters.keys():
            hint = nearest(name, self.parameters) or " (it takes none)"
            raise UserError(f"question {self.name}: no parameter {name!r}{hint}")
        return {name: parameter.default for name, parameter in self.parameters.items()} | dict(
            params
        )


@cache
def questions() -> dict[str, Question]:
    """Return the questions by name."""
    found = (_question(script.name, script.text) for script in scripts(HERE / "questions"))
    return {question.name: question for question in found}


def question(name: str) -> Question:
    """Return the question of that name.

    Raises:
        UserError: if there is none.
    """
    if name not in questions():
        raise UserError(f"no question {name!r}{nearest(name, questions())}. `--list` tells all.")
    return questions()[name]


def _question(name: str, text: str) -> Question:
    comment = [line[2:].strip() for line in text.splitlines() if line.startswith("--")]
    found = [_PARAMETER.fullmatch(line) for line in comment]
    return Question(
        name=name,
        text=text,
        asks=" ".join(line for line, match in zip(comment, found, strict=True) if not match),
        parameters={
            match[1]: Parameter(default=json.loads(match[2]), meaning=match[3])
            for match in found
            if match
        },
    )


def listing() -> str:
    """Return the questions and their parameters for people."""
    lines = []
    for one in questions().values():
        lines.append(f"{one.name}\n    {one.asks}")
        for name, parameter in one.parameters.items():
            default = json.dumps(parameter.default)
            lines.append(f"      {name}={default.strip(chr(34))}  {parameter.meaning}")
    lines.append(HOW)
    return "".join(f"{line}\n" for line in lines)


def parse_parameters(texts: Iterable[str]) -> dict[str, Any]:
    """Return parameters written as NAME=VALUE; a value that is not JSON is taken as text.

    Raises:
        UserError: for one that is written otherwise.
    """
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise UserError(f"parameter {text!r}: write it as NAME=VALUE")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found
