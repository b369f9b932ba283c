"""From the rows of a file or a Hub dataset to problems, by the recipe's field mapping."""

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from distill.benchmarks import Problem
from distill.benchmarks.rows import Row, text_field
from distill.config.prompts import FileSource, HubSource
from distill.errors import UserError
from distill.verify.base import Verifier
from distill.verify.registry import verifier


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """A source's field mapping, ready for use."""

    source: FileSource | HubSource
    pattern: re.Pattern[str] | None

    @classmethod
    def of(cls, source: FileSource | HubSource) -> Self:
        """Return the mapping of a source.

        Raises:
            UserError: for an unknown verifier, and a pattern that is none or has no group.
        """
        where = f"prompts source {source.name!r}"
        verifier(source.verifier, where)
        if source.gold_pattern is None:
            return cls(source=source, pattern=None)
        try:
            pattern = re.compile(source.gold_pattern)
        except re.error as error:
            raise UserError(f"{where}: gold_pattern {source.gold_pattern!r}: {error}") from error
        if not pattern.groups:
            raise UserError(
                f"{where}: gold_pattern {source.gold_pattern!r} has no group. Put parentheses "
                "around the part that is the gold."
            )
        return cls(source=source, pattern=pattern)

    def apply(self, number: int, row: Row) -> tuple[Problem, str | None]:
        """Return the problem of a row, and its trace where the source brings traces.

        Raises:
            UserError: naming the row, if a mapped field is missing or the pattern does not match.
        """
        fields, where = self.source.fields, f"prompts source {self.source.name!r}, row {number}"
        assert fields, "a source of a known layout is read by it"
        text = text_field(row, fields.problem, where)
        golds = {}
        if fields.gold:
            golds[self.source.verifier] = self._gold(row, fields.gold, where)
        trace = text_field(row, fields.trace, where) if fields.trace else None
        return Problem.of(text, golds, number), trace

    def _gold(self, row: Row, field: str | dict[str, str], where: str) -> dict[str, Any]:
        """Return the gold: what fields hold in the verifier's own shape, or an answer's text."""
        if isinstance(field, dict):
            gold = {part: _present(row, name, where) for part, name in field.items()}
        else:
            gold = self._own_shape(row.get(field)) or {"answer": self._text(row, field, where)}
        if complaint := self._rule.check_gold(gold):
            raise UserError(f"{where}: gold {complaint}, as {self.source.verifier} wants it")
        return gold

    @property
    def _rule(self) -> Verifier:
        return verifier(self.source.verifier, f"prompts source {self.source.name!r}")

    def _own_shape(self, value: Any) -> dict[str, Any] | None:
        """Return a value that is a gold already, as an object or as its JSON text."""
        if self.pattern is not None:
            return None
        if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
            with suppress(ValueError, RecursionError):
                parsed = _programs(json.loads(value))
                is_gold = isinstance(parsed, dict) and self._rule.check_gold(parsed) is None
                return parsed if is_gold else None
        value = _programs(value)
        return value if isinstance(value, dict) else None

    def _text(self, row: Row, field: str, where: str) -> str:
        text = text_field(row, field, where)
        found = self.pattern.search(text) if self.pattern else None
        if self.pattern and (found is None or not found[1]):
            raise UserError(
                f"{where}: gold_pattern {self.pattern.pattern!r} finds nothing in field "
                f"{field!r}, which ends in {text[-60:]!r}"
            )
        return (found[1] if found else text).strip()


def _present(row: Row, field: str, where: str) -> Any:
    if row.get(field) is None:
        has = ", ".join(sorted(row)) or "none"
        raise UserError(f"{where}: no field {field!r}; it has {has}")
    return row[field]


def _programs(value: Any) -> Any:
    """Return tests given as [{input, output}, ...] in the shape that the code verifier states."""
    is_list = isinstance(value, list) and value
    if is_list and all(
        isinstance(one, dict) and {"input", "output"} <= one.keys() for one in value
    ):
        return {name: [one[name[:-1]] for one in value] for name in ("inputs", "outputs")}
    return value
