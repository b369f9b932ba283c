"""Published benchmarks, from a data folder or the Hub."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

from distill.benchmarks.base import Problem, content_hash
from distill.benchmarks.readers import Reader, humaneval, mathematics, mbpp
from distill.benchmarks.rows import HubError, Row, find_file, hub_rows, read_rows
from distill.errors import UserError


@dataclass(frozen=True, kw_only=True)
class Published:
    """Where a benchmark's problems are, how to read them, and how to know them again."""

    file: str
    """Its name in the data folder."""
    dataset: str | None
    """Its Hub id; None where no Hub dataset is known to hold the same problems."""
    config: str | None = None
    split: str = "test"
    read: Reader
    """Returns the text and the golds of a row."""
    num_problems: int
    content_hash: UUID
    """Of the file's problems and answers; what the Hub holds was not compared."""
    licence: str


PUBLISHED = {
    "gsm8k": Published(
        file="gsm8k_test.jsonl",
        dataset="openai/gsm8k",
        config="main",
        read=mathematics("question", "answer", pattern=r"#### (.+)"),
        num_problems=1319,
        content_hash=UUID("bd7e0eb1-a007-9d73-8fbb-f464a9830a51"),
        licence="MIT",
    ),
    "math500": Published(
        file="math500.jsonl",
        dataset="HuggingFaceH4/MATH-500",
        read=mathematics("problem", "answer"),
        num_problems=500,
        content_hash=UUID("d2fa5b35-0226-89ae-5b30-0357941eaa80"),
        licence="MIT",
    ),
    "aime2024": Published(
        file="aime2024.jsonl",
        dataset="HuggingFaceH4/aime_2024",
        split="train",
        read=mathematics("problem", "answer"),
        num_problems=30,
        content_hash=UUID("9abf1155-cde3-23c5-36c8-016c22306d77"),
        licence="MIT",
    ),
    "humaneval": Published(
        file="HumanEval.jsonl",
        dataset="openai/openai_humaneval",
        read=humaneval,
        num_problems=164,
        content_hash=UUID("76625ff9-7dfd-9ead-3a69-c88ab66432ad"),
        licence="MIT",
    ),
    "mbpp": Published(
        file="mbpp_sanitized.json",
        dataset=None,
        read=mbpp,
        num_problems=399,
        content_hash=UUID("3bdb8371-62cb-d571-a252-71cef3f6e0d9"),
        licence="Apache-2.0",
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
    if path is None and benchmark.dataset is None:
        return "no Hub dataset is known to hold the same problems"
    try:
        rows = (
            read_rows(path)
            if path
            else hub_rows(str(benchmark.dataset), benchmark.config, benchmark.split)
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
        text, golds = benchmark.read(row, f"{where}, row {number}")
        yield Problem.of(text, golds, number)
