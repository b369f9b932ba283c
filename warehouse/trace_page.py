"""One trace as a person reads it: prompt, reasoning folded, answer, verdicts, filters, lineage.

What models and sources wrote is untrusted: nothing of it acts on the terminal, or is taken for
markup.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.text import Text

from distill.errors import UserError
from warehouse.ask import Source, ask
from warehouse.render import shown
from warehouse.rows import Rows, as_text
from warehouse.scripts import statement
from warehouse.terminal import printable

FOLD_CHARS = 1200
"""Longer texts show their beginning and their end, unless all is asked for."""
HEAD_CHARS, TAIL_CHARS = 700, 300
COLOURS = {"correct": "green", "wrong": "red", "undecided": "yellow", None: "yellow"}


def find_trace(source: Source, prefix: str) -> UUID:
    """Return the id of the attempt whose id begins with `prefix`.

    Raises:
        UserError: if no id or several do, or if it is no beginning of an id.
    """
    digits = prefix.replace("-", "").lower()
    if not re.fullmatch("[0-9a-f]{1,32}", digits):
        raise UserError(f"trace {prefix!r}: an id, or its beginning, is made of the digits 0-9a-f")
    low, high = UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))
    found = [row["attempt_id"] for row in _rows(source, "trace_ids", low=low, high=high)]
    if not found:
        raise UserError(f"trace {prefix}: there is none whose id begins so")
    if len(found) > 1:
        raise UserError(
            f"trace {prefix}: several ids begin so: {', '.join(found[:5])}"
            f"{', ...' if len(found) > 5 else ''}. Give more digits."
        )
    return UUID(found[0])


def sample_traces(source: Source, where: str, num: int, seed: int) -> list[UUID]:
    """Return ids of traces for which a condition in SQL holds, drawn by `seed`.

    Raises:
        UserError: if the condition is none.
    """
    text = statement("trace_sample").format(where=where)
    rows = ask(source, text, lambda rows: list(rows.objects()), {"num": num, "seed": seed})
    return [UUID(row["attempt_id"]) for row in rows or ()]


def _rows(source: Source, name: str, **params: Any) -> list[dict[str, Any]]:
    def consume(rows: Rows) -> list[dict[str, Any]]:
        return list(rows.objects())

    return ask(source, statement(name), consume, params) or []


@dataclass(frozen=True, kw_only=True)
class Page:
    """Builds the text of a trace."""

    text: Text
    full: bool

    def heading(self, title: str, note: str = "") -> None:
        """Begin a section."""
        self.text.append(f"\n── {title} ", "bold cyan")
        self.text.append(f"{note}\n", "dim")

    def body(self, text: str | None) -> None:
        """Add what a model or a source wrote, folded where it is long."""
        if text is None or not text.strip():
            self.text.append("(none)\n", "dim")
            return
        whole = _safe(text.strip("\n"))
        if self.full or len(whole) <= FOLD_CHARS:
            self.text.append(f"{whole}\n")
            return
        head, tail = whole[:HEAD_CHARS], whole[-TAIL_CHARS:]
        num_lines = whole[HEAD_CHARS:-TAIL_CHARS].count("\n") + 1
        num_chars = len(whole) - HEAD_CHARS - TAIL_CHARS
        self.text.append(head)
        self.text.append(f"\n   ⋮ {num_chars:,} characters in {num_lines} lines; --full\n", "dim")
        self.text.append(f"{tail}\n")

    def table(self, rows: Sequence[Sequence[Any]]) -> None:
        """Add rows of short cells in columns; the last cell of a row may be long."""
        texts = [[_line(cell) for cell in row] for row in rows]
        widths = [max(map(len, column)) for column in zip(*texts, strict=True)][:-1]
        for row in texts:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
            self.text.append(f"{'  '.join([*cells, row[-1]]).rstrip()}\n")


def print_traces(source: Source, attempt_ids: Sequence[UUID], *, full: bool = False) -> None:
    """Print traces, as wide as the terminal is; elsewhere lines stay whole."""
    console = Console(highlight=False)
    for number, attempt_id in enumerate(attempt_ids):
        page = trace_page(source, attempt_id, full=full)
        if number:
            console.rule(style="dim")
        console.print(page, soft_wrap=not console.is_terminal)


def trace_page(source: Source, attempt_id: UUID, *, full: bool = False) -> Text:
    """Return a trace for people.

    Args:
        source: The warehouse.
        attempt_id: Which; it must be there.
        full: Fold nothing.
    """
    (trace,) = _rows(source, "trace", attempt_id=attempt_id)
    filters = _rows(source, "trace_filters", attempt_id=attempt_id)
    page = Page(text=Text(), full=full)
    _title(page, trace, filters)
    page.heading("problem")
    page.body(trace["problem"])
    for role, content in _prompt(trace):
        page.heading(f"prompt, {role}")
        page.body(content)
    page.heading("reasoning", f"{len(trace['reasoning'] or ''):,} characters")
    page.body(trace["reasoning"])
    page.heading("answer")
    page.body(trace["answer"])
    page.heading("verdicts")
    page.table(list(_verdicts(_rows(source, "trace_verdicts", attempt_id=attempt_id))))
    page.heading("filters")
    page.table(list(_filters(filters)))
    page.heading("lineage")
    lineage = _rows(source, "trace_lineage", attempt_id=attempt_id)
    page.table([(row["what"], row["words"]) for row in lineage])
    return page.text


def _title(page: Page, trace: dict[str, Any], filters: Sequence[dict[str, Any]]) -> None:
    verdict = trace["verdict"]
    page.text.append(f"{trace['attempt_id']}\n", "bold")
    page.text.append(_line(verdict or "unchecked"), COLOURS.get(verdict, ""))
    dropping = dict.fromkeys(row["filter"] for row in filters if not row["keep"])
    if filters:
        page.text.append(f", dropped by {_line(', '.join(dropping))}" if dropping else ", kept")
    facts = [trace["model"] or "unknown model", trace["stream"]]
    if trace["completion_tokens"] is not None:
        facts.append(f"{trace['completion_tokens']:,} tokens")
    if trace["outcome"] != "ok":
        facts.append({"length": "cut off at the token limit"}.get(trace["outcome"], "refused"))
    page.text.append("".join(f" · {_line(fact)}" for fact in facts) + "\n")


def _prompt(trace: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield role and content of the messages, unless the problem is all there is."""
    messages = trace["messages"] or []
    if [message["content"] for message in messages] != [trace["problem"]]:
        for message in messages:
            yield _line(message["role"]), message["content"]


def _verdicts(rows: Sequence[dict[str, Any]]) -> Iterator[Sequence[Any]]:
    for row in rows:
        found, gold = row["extracted"], row["gold"]
        wanted = gold.get("answer", gold) if isinstance(gold, dict) else gold
        compared = "no answer found" if found is None else f"answered {found}"
        compared += ", no reference" if wanted is None else f", reference {as_text(wanted)}"
        mark = "→" if row["counts"] else ""
        yield mark, row["verifier"], row["decision"], row["reason"], compared, row["version"]
    if not rows:
        yield ("nothing checked it",)


def _filters(rows: Sequence[dict[str, Any]]) -> Iterator[Sequence[Any]]:
    for row in rows:
        score = "" if row["score"] is None else row["score"]
        yield row["filter"], "keeps" if row["keep"] else "drops", score, row["reason"]
    if not rows:
        yield ("no rule judged it",)


def _safe(text: str) -> str:
    return printable(text.replace("\r\n", "\n").expandtabs(4), keep="\n")


def _line(value: Any) -> str:
    """Return a value in one line."""
    text = shown(value)
    return text if len(text) <= 200 else f"{text[:200]}… ({len(text)} characters)"
