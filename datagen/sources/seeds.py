"""Seeds of reasoning-gym problems: no two sources, and no benchmark, may share any."""

from dataclasses import dataclass
from itertools import combinations

from distill.benchmarks import gym_family, gym_size
from distill.config.prompts import GymSource
from distill.config.recipe import Recipe
from distill.errors import UserError


@dataclass(frozen=True, kw_only=True)
class _Draw:
    where: str
    family: str
    begin: int
    end: int
    is_benchmark: bool


def check_seeds(recipe: Recipe) -> None:
    """Refuse sources of one family whose seeds overlap, or overlap those of a benchmark.

    Item i of seed s is item 0 of seed s + i: overlapping ranges of seeds are the same problems.

    Raises:
        UserError: naming the two, and a seed that keeps them apart.
    """
    draws = [
        _Draw(
            where=f"prompts source {source.name!r}",
            family=source.family,
            begin=source.seed,
            end=source.seed + source.size,
            is_benchmark=False,
        )
        for source in recipe.prompts
        if isinstance(source, GymSource)
    ]
    draws += [
        _Draw(
            where=f"benchmark {spec.name}",
            family=family,
            begin=spec.seed,
            end=spec.seed + gym_size(spec),
            is_benchmark=True,
        )
        for spec in recipe.evaluation.benchmarks
        if (family := gym_family(spec)) is not None
    ]
    for one, other in combinations(draws, 2):
        overlaps = one.begin < other.end and other.begin < one.end
        if one.family == other.family and overlaps and not one.is_benchmark:
            raise UserError(
                f"{one.where} draws seeds {one.begin} to {one.end - 1} of {one.family}, "
                f"{other.where} {other.begin} to {other.end - 1}: the same problems. Give the "
                f"source another seed, such as {other.end}."
            )
