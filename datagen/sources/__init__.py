"""Prompt sources: where problems, references and finished traces come from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from datagen.sources.mapping import Mapping
from distill.benchmarks import Problem
from distill.benchmarks.gym import gym_problems
from distill.benchmarks.rows import Row, find_file, hub_rows, read_rows
from distill.config.prompts import FileSource, GymSource, Source
from distill.errors import UserError


@dataclass(frozen=True, kw_only=True)
class SourceRow:
    """A problem as a source has it, with a finished trace where it brings one."""

    problem: Problem
    trace: str | None = None


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
    return not isinstance(source, GymSource) and source.fields.trace is not None


def read_source(source: Source, data: Path | None) -> Iterator[SourceRow]:
    """Yield the problems of a source that is there, in its order.

    Raises:
        UserError: at the first row that is broken or lacks a mapped field.
    """
    if isinstance(source, GymSource):
        for problem in gym_problems(
            source.family, size=source.size, seed=source.seed, settings=source.settings
        ):
            yield SourceRow(problem=problem)
        return
    mapping = Mapping.of(source)
    for number, row in islice(_rows(source, data), source.limit):
        problem, trace = mapping.apply(number, row)
        yield SourceRow(problem=problem, trace=trace)


def _rows(source: Source, data: Path | None) -> Iterable[tuple[int, Row]]:
    if isinstance(source, FileSource):
        path = find_file(source.path, data)
        assert path, "is_there() comes first"
        return read_rows(path)
    assert not isinstance(source, GymSource)
    revision = None if source.revision == "unverified" else source.revision
    return hub_rows(source.dataset, source.config, source.split, revision)
