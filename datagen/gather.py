"""Which problems a recipe's sources hold, each once, and which of them are asked."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from datagen.sources import SourceRow, is_there, read_source
from distill.benchmarks import Problem
from distill.config.prompts import GymSource, Source
from distill.config.recipe import Recipe
from distill.ids import prompt_id


@dataclass(kw_only=True)
class Taken:
    """What one source gave."""

    source: Source
    problems: list[Problem] = field(default_factory=list)
    """Those that no source before it has and no benchmark of the recipe holds, in order."""
    repeated: list[Problem] = field(default_factory=list)
    """Those that this source or one before it has already."""
    held_out: list[Problem] = field(default_factory=list)
    """Problems of a benchmark of the recipe, each once."""
    num_seeds_repeated: int = 0
    """Seeds of a reasoning-gym family that gave a problem of another seed again."""


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What all sources gave, and what was not there to ask."""

    taken: list[Taken]
    skipped: list[Source]
    """Optional sources whose file is not here."""


def gather(recipe: Recipe, data: Path | None, held_out: AbstractSet[UUID]) -> Gathered:
    """Read the recipe's sources.

    Args:
        recipe: names them.
        data: folder of data files.
        held_out: problems that are evaluated on.

    Raises:
        UserError: for sources that are not there, or broken.
    """
    there = [source for source in recipe.prompts if is_there(source, data)]
    return Gathered(
        taken=choose(((source, read_source(source, data)) for source in there), held_out),
        skipped=[source for source in recipe.prompts if source not in there],
    )


def choose(
    sources: Iterable[tuple[Source, Iterable[SourceRow]]], held_out: AbstractSet[UUID]
) -> list[Taken]:
    """Return what each source gives that no benchmark holds and no source before it had."""
    seen: set[UUID] = set()
    taken = []
    for source, rows in sources:
        one = Taken(source=source)
        num_rows = 0
        for row in rows:
            num_rows += 1
            problem = row.problem
            if problem.problem_id in seen:
                one.repeated.append(problem)
                continue
            seen.add(problem.problem_id)
            (one.held_out if problem.problem_id in held_out else one.problems).append(problem)
        if isinstance(source, GymSource):
            one.num_seeds_repeated = source.size - num_rows
        taken.append(one)
    return taken


def relations(
    gathered: Gathered, recipe: Recipe, run_id: UUID, dropped: AbstractSet[UUID]
) -> Mapping[str, Sequence[dict[str, Any]]]:
    """Return the rows of each relation that a prompts run writes; `dropped` are not asked."""
    prompts = [row for one in gathered.taken for row in _prompts(one, recipe, dropped)]
    return {
        "problems": [
            {"problem_id": problem.problem_id, "text": problem.text}
            for one in gathered.taken
            for problem in [*one.problems, *one.held_out]
        ],
        "golds": list(_golds(gathered.taken)),
        "problem_sources": [row for one in gathered.taken for row in _sources(one)],
        "prompts": prompts,
        "run_prompts": [
            {"run_id": run_id, "prompt_id": prompt["prompt_id"], "position": position}
            for position, prompt in enumerate(prompts)
        ],
    }


def _prompts(one: Taken, recipe: Recipe, dropped: AbstractSet[UUID]) -> Iterator[dict[str, Any]]:
    wording = recipe.wordings[one.source.wording]
    for problem in one.problems:
        if problem.problem_id in dropped:
            continue
        messages = wording.messages(problem.text)
        yield {
            "prompt_id": prompt_id(messages),
            "messages": messages,
            "problem_id": problem.problem_id,
            "wording": one.source.wording,
        }


def _golds(taken: Sequence[Taken]) -> Iterator[dict[str, Any]]:
    """Yield the golds, the first of each problem and verifier."""
    seen: set[tuple[UUID, str]] = set()
    for one in taken:
        for problem in [*one.problems, *one.held_out, *one.repeated]:
            for verifier, gold in problem.golds.items():
                if (problem.problem_id, verifier) not in seen:
                    seen.add((problem.problem_id, verifier))
                    yield {
                        "problem_id": problem.problem_id,
                        "verifier": verifier,
                        "gold": gold,
                        "origin": one.source.name,
                    }


def _sources(one: Taken) -> Iterator[dict[str, Any]]:
    source = one.source
    meta = None
    if isinstance(source, GymSource):
        meta = {"family": source.family, "settings": source.settings}
    for problem in [*one.problems, *one.held_out, *one.repeated]:
        yield {
            "problem_id": problem.problem_id,
            "source": source.name,
            "source_row": problem.source_row,
            "domain": source.domain,
            "licence": source.licence,
            "revision": source.revision,
            "meta": meta,
        }
