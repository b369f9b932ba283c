"""Benchmarks: what evaluation scores models on, and curation keeps out of the training data."""

from pathlib import Path

from distill.benchmarks.base import Benchmark, Problem, content_hash
from distill.benchmarks.gym import LICENCE, gym_problems
from distill.benchmarks.published import PUBLISHED, published_problems
from distill.config.training import BenchmarkSpec
from distill.errors import UserError, nearest

__all__ = ["Benchmark", "Problem", "gym_family", "load"]
GYM = "rg/"
GYM_SIZE = 50


def gym_family(spec: BenchmarkSpec) -> str | None:
    """Return the reasoning-gym family that a benchmark is made of, or None."""
    return spec.name.removeprefix(GYM) if spec.name.startswith(GYM) else None


def gym_size(spec: BenchmarkSpec) -> int:
    """Return how many seeds a reasoning-gym benchmark draws from."""
    return spec.limit or GYM_SIZE


def load(spec: BenchmarkSpec, data: Path | None) -> Benchmark | None:
    """Return a benchmark, or None if it is optional and its data is not there.

    Args:
        spec: the benchmark as the recipe names it.
        data: folder of data files.

    Raises:
        UserError: for an unknown name, and if it is not optional and not there.
    """
    family = gym_family(spec)
    if family is not None:
        problems = gym_problems(family, size=gym_size(spec), seed=spec.seed, settings=spec.settings)
        return _benchmark(spec, problems, LICENCE)
    if spec.name not in PUBLISHED:
        hint = nearest(spec.name, [*PUBLISHED, f"{GYM}FAMILY"])
        raise UserError(f"evaluation.benchmarks: no benchmark {spec.name!r}{hint}")
    published = PUBLISHED[spec.name]
    found = published_problems(spec.name, data)
    if not isinstance(found, str):
        return _benchmark(spec, found[: spec.limit], published.licence)
    if spec.optional:
        return None
    raise UserError(
        f"benchmark {spec.name}: no {published.file} in the data folder ({data or 'none given'}), "
        f"and: {found}. Name the folder of that file with --data, or mark the benchmark optional."
    )


def _benchmark(spec: BenchmarkSpec, problems: tuple[Problem, ...], licence: str) -> Benchmark:
    return Benchmark(
        name=spec.name, problems=problems, content_hash=content_hash(problems), licence=licence
    )
