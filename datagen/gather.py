"""Which problems a recipe's sources hold: each once, none that the evaluation asks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from datagen.sources import SourceRow, is_there, read_source
from distill.benchmarks import Problem, load
from distill.config.prompts import GymSource, Source
from distill.config.recipe import Recipe
from distill.ids import prompt_id


@dataclass(kw_only=True)
class Taken:
    """What one source gave."""

    source: Source
    problems: list[Problem] = field(default_factory=list)
    """Those that no source before it has, in order."""
    repeated: list[Problem] = field(default_factory=list)
    """Those that this source or one before it has already."""
    num_held_out: int = 0
    """Problems of a benchmark, left out."""
    num_seeds_repeated: int = 0
    """Seeds of a reasoning-gym family that gave a problem of another seed again."""


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What all sources gave, and what was not there to ask."""

    taken: list[Taken]
    skipped: list[Source]
    """Optional sources whose file is not here."""
    missing: list[str]
    """Optional benchmarks that are not here, so nothing was compared with them."""


def gather(recipe: Recipe, data: Path | None) -> Gathered:
    """Read the recipe's sources.

    Raises:
        UserError: for sources and benchmarks that are not there, or broken.
    """
    benchmarks = [(spec.name, load(spec, data)) for spec in recipe.evaluation.benchmarks]
    held_out = {p.problem_id for _, loaded in benchmarks if loaded for p in loaded.problems}
    there = [source for source in recipe.prompts if is_there(source, data)]
    return Gathered(
        taken=choose(((source, read_source(source, data)) for source in there), held_out),
        skipped=[source for source in recipe.prompts if source not in there],
        missing=[name for name, loaded in benchmarks if loaded is None],
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
            if problem.problem_id in held_out:
                one.num_held_out += 1
            elif problem.problem_id in seen:
                one.repeated.append(problem)
            else:
                seen.add(problem.problem_id)
                one.problems.append(problem)
        if isinstance(source, GymSource):
            one.num_seeds_repeated = source.size - num_rows
        taken.append(one)
    return taken


def relations(
    gathered: Gathered, recipe: Recipe, run_id: UUID
) -> Mapping[str, Sequence[dict[str, Any]]]:
    """Return the rows of each relation that a prompts run writes."""
    prompts = [row for one in gathered.taken for row in _prompts(one, recipe)]
    return {
        "problems": [
            {"problem_id": problem.problem_id, "text": problem.text}
            for one in gathered.taken
            for problem in one.problems
        ],
        "golds": list(_golds(gathered.taken)),
        "problem_sources": [row for one in gathered.taken for row in _sources(one)],
        "prompts": prompts,
        "run_prompts": [
            {"run_id": run_id, "prompt_id": prompt["prompt_id"], "position": position}
            for position, prompt in enumerate(prompts)
        ],
    }


def _prompts(one: Taken, recipe: Recipe) -> Iterator[dict[str, Any]]:
    wording = recipe.wordings[one.source.wording]
    for problem in one.problems:
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
        for problem in [*one.problems, *one.repeated]:
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
    for problem in [*one.problems, *one.repeated]:
        yield {
            "problem_id": problem.problem_id,
            "source": source.name,
            "source_row": problem.source_row,
            "domain": source.domain,
            "licence": source.licence,
            "revision": source.revision,
            "meta": meta,
        }
