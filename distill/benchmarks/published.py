"""Published benchmarks, from a data folder or the Hub."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

from distill.benchmarks.base import Problem, content_hash
from distill.benchmarks.rows import HubError, Row, find_file, hub_rows, read_rows, text_field
from distill.errors import UserError


@dataclass(frozen=True, kw_only=True)
class Published:
    """Where a benchmark's problems are, which fields hold them, and how to know them again."""

    file: str
    """Its name in the data folder."""
    dataset: str
    """Its Hub id."""
    config: str | None
    split: str
    problem: str
    gold: str
    gold_pattern: str = r"(?s)(.+)"
    """Its first group is the answer in the gold field."""
    num_problems: int
    content_hash: UUID
    """Of the file's problems and answers; what the Hub holds was not compared."""
    licence: str


PUBLISHED = {
    "gsm8k": Published(
        file="gsm8k_test.jsonl",
        dataset="openai/gsm8k",
        config="main",
        split="test",
        problem="question",
        gold="answer",
        gold_pattern=r"#### (.+)",
        num_problems=1319,
        content_hash=UUID("bd7e0eb1-a007-9d73-8fbb-f464a9830a51"),
        licence="MIT",
    ),
    "math500": Published(
        file="math500.jsonl",
        dataset="HuggingFaceH4/MATH-500",
        config=None,
        split="test",
        problem="problem",
        gold="answer",
        num_problems=500,
        content_hash=UUID("d2fa5b35-0226-89ae-5b30-0357941eaa80"),
        licence="MIT",
    ),
    "aime2024": Published(
        file="aime2024.jsonl",
        dataset="HuggingFaceH4/aime_2024",
        config=None,
        split="train",
        problem="problem",
        gold="answer",
        num_problems=30,
        content_hash=UUID("9abf1155-cde3-23c5-36c8-016c22306d77"),
        licence="MIT",
    ),
}


@cache
def published_problems(name: str, data: Path | None) -> tuple[Problem, ...] | str:
    """Return all problems of a published benchmark, or why neither file nor Hub has them.

    Raises:
        UserError: if what is there is not that benchmark.
    """
    benchmark = PUBLISHED[name]
    path = find_file(benchmark.file, data) if data else None
    try:
        rows = (
            read_rows(path)
            if path
            else hub_rows(benchmark.dataset, benchmark.config, benchmark.split)
        )
    except HubError as error:
        return str(error)
    where = f"benchmark {name}, {path or benchmark.dataset}"
    problems = tuple(_problems(benchmark, rows, where))
    if len(problems) != benchmark.num_problems:
        raise UserError(f"{where}: {len(problems)} problems, not {benchmark.num_problems}")
    if path and content_hash(problems) != benchmark.content_hash:
        raise UserError(
            f"{where}: its problems or answers are not those that scores are published for. "
            f"Restore the file, or remove it to use {benchmark.dataset} of the Hub."
        )
    return problems


def _problems(
    benchmark: Published, rows: Iterator[tuple[int, Row]], where: str
) -> Iterator[Problem]:
    for number, row in rows:
        text = text_field(row, benchmark.problem, f"{where}, row {number}")
        gold = text_field(row, benchmark.gold, f"{where}, row {number}")
        answer = re.search(benchmark.gold_pattern, gold)
        if answer is None:
            shown = f"{benchmark.gold_pattern!r} in {gold[-60:]!r}"
            raise UserError(f"{where}, row {number}: no {shown}")
        yield Problem.of(text, {"math": {"answer": answer[1].strip()}}, number)
