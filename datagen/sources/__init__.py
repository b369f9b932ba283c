"""Prompt sources: where problems, references and finished traces come from."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from datagen.sources.layouts import Messages, read_layout
from datagen.sources.mapping import Mapping
from datagen.sources.responses import Response, tagged
from distill.benchmarks import Problem
from distill.benchmarks.gym import gym_problems
from distill.benchmarks.rows import Row, find_file, hub_rows, read_rows
from distill.config.prompts import FileSource, GymSource, HubSource, Source
from distill.errors import UserError
from distill.verify.registry import verifier


@dataclass(frozen=True, kw_only=True)
class SourceRow:
    """A problem as a source has it, with the finished traces that it brings."""

    problem: Problem
    messages: Messages | None = None
    """How it was asked, where the source says so."""
    responses: tuple[Response, ...] = ()


def is_there(source: Source, data: Path | None) -> bool:
    """Return whether a source can be read; only optional files may be missing.

    Raises:
        UserError: if a file that is not optional is missing.
    """
    if not isinstance(source, FileSource) or find_file(source.path, data):
        return True
    if source.optional:
        return False
    raise UserError(
        f"prompts source {source.name!r}: no file {source.path} here or in the data folder "
        f"({data or 'none given'}). Correct its path, give the folder with --data, or mark the "
        "source optional."
    )


def brings_traces(source: Source) -> bool:
    """Return whether a source imports traces, so that nothing is sampled for it."""
    if isinstance(source, GymSource):
        return False
    return source.layout is not None or (
        source.fields is not None and source.fields.trace is not None
    )


def read_source(
    source: Source, data: Path | None, tell: Callable[[UserError], None] | None = None
) -> Iterator[SourceRow]:
    """Yield the problems of a source that is there, in its order.

    Args:
        source: Where from.
        data: Folder of data files.
        tell: Is told of each row that is left out, where the source skips broken ones.

    Raises:
        UserError: at the first row that is broken or lacks a mapped field, unless they are skipped.
    """
    if isinstance(source, GymSource):
        for problem in gym_problems(
            source.family, size=source.size, seed=source.seed, settings=source.settings
        ):
            yield SourceRow(problem=problem)
        return
    skip = (tell or _ignore) if source.broken_rows == "skip" else None
    read = _laid_out(source) if source.layout else _mapped(source)
    for number, row in islice(_rows(source, data, skip), source.limit):
        try:
            yield read(number, row)
        except UserError as error:
            if skip is None:
                raise
            skip(error)


def _ignore(error: UserError) -> None:
    """Leave a row out silently: the stage that imports it tells."""


def _mapped(source: FileSource | HubSource) -> Callable[[int, Row], SourceRow]:
    mapping = Mapping.of(source)

    def read(number: int, row: Row) -> SourceRow:
        problem, trace = mapping.apply(number, row)
        return SourceRow(problem=problem, responses=(tagged(trace),) if trace else ())

    return read


def _laid_out(source: FileSource | HubSource) -> Callable[[int, Row], SourceRow]:
    rule = verifier(source.verifier, f"prompts source {source.name!r}")
    unit = "line" if isinstance(source, FileSource) and ".jsonl" in source.path else "row"

    def read(number: int, row: Row) -> SourceRow:
        laid = read_layout(row, source.layout or "auto", f"{source.name}, {unit} {number}")
        gold = {"answer": laid.gold}
        golds = {source.verifier: gold} if laid.gold and rule.check_gold(gold) is None else {}
        return SourceRow(
            problem=Problem.of(laid.problem, golds, number),
            messages=laid.messages,
            responses=laid.responses,
        )

    return read


def _rows(
    source: FileSource | HubSource, data: Path | None, skip: Callable[[UserError], None] | None
) -> Iterable[tuple[int, Row]]:
    if isinstance(source, FileSource):
        path = find_file(source.path, data)
        assert path, "is_there() comes first"
        return read_rows(path, skip)
    revision = None if source.revision == "unverified" else source.revision
    return hub_rows(source.dataset, source.config, source.split, revision)
