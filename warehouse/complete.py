"""What the shell offers while somebody types: relations, columns, SQL words, questions."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

_WORD = re.compile(r"[\w.]+$")
_RELATION_NEXT = re.compile(
    r"\b(from|join|into|update|describe|summarize|\.schema)\s+[\w.]*$", re.I
)


@dataclass(frozen=True, kw_only=True)
class SqlCompleter(Completer):
    """Relations after `from`, then columns of what the statement names, then words."""

    columns: Mapping[str, Sequence[str]]
    """Columns by relation."""
    words: Sequence[str]
    """SQL's words."""
    commands: Sequence[str]
    """The shell's own."""
    questions: Sequence[str]
    """Names of questions."""

    def get_completions(self, document: Document, event: CompleteEvent) -> Iterable[Completion]:
        """Yield what the word before the cursor may become."""
        before = document.text_before_cursor
        found = _WORD.search(before)
        typed = found[0] if found else ""
        for name, kind in dict(self._candidates(before, document.text, typed)).items():
            if name.lower().startswith(typed.lower()) and name != typed:
                yield Completion(name, -len(typed), display_meta=kind)

    def _candidates(self, before: str, text: str, typed: str) -> Iterable[tuple[str, str]]:
        if re.match(r"\.ask\s+\w*$", before):
            return [(name, "question") for name in self.questions]
        if _RELATION_NEXT.search(before):
            return [(name, "relation") for name in self.columns]
        if before.startswith(".") and " " not in before:
            return [(command, "command") for command in self.commands]
        return self._in_statement(text, typed)

    def _in_statement(self, text: str, typed: str) -> Iterable[tuple[str, str]]:
        relation, dot, _ = typed.rpartition(".")
        if dot:
            yield from ((f"{relation}.{name}", relation) for name in self.columns.get(relation, ()))
            return
        named = [name for name in self.columns if re.search(rf"\b{name}\b", text)]
        for name in named:
            yield from ((column, name) for column in self.columns[name])
        if typed:  # all of SQL is no help to somebody who typed nothing
            yield from ((name, "relation") for name in self.columns)
            yield from ((word, "") for word in self.words)
