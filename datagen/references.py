"""What training data is kept apart from: benchmarks and files, as words to compare with."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

from datagen.text.overlap import References
from datagen.text.words import words_of
from distill.benchmarks import gym_family, load
from distill.benchmarks.published import PUBLISHED
from distill.benchmarks.rows import find_file, read_rows, text_field
from distill.config.recipe import Recipe
from distill.config.training import BenchmarkSpec
from distill.errors import UserError
from distill.ids import content_id, problem_id


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A text that may not be trained on."""

    where: str
    """The benchmark or file that holds it."""
    text: str


@dataclass(frozen=True, kw_only=True)
class KeptOut:
    """All texts that may not be trained on."""

    texts: tuple[Reference, ...]
    exactly: frozenset[UUID]
    """Problems that the recipe evaluates on, reasoning-gym's included.

    Those are compared by their ids alone: all problems of a family share its words."""
    missing: tuple[str, ...]
    """Benchmarks and files that are not here, so that nothing was compared with them."""

    @property
    def content_id(self) -> UUID:
        """What rulings depend on beside their settings."""
        return content_id([one.text for one in self.texts])

    def references(self, ngram: int, min_words: int) -> References:
        """Return the texts ready for comparison."""
        return _references(self.texts, ngram, min_words)


@cache
def _references(texts: tuple[Reference, ...], ngram: int, min_words: int) -> References:
    words = tuple(words_of(one.text) for one in texts)
    return References(words=words, ngram=ngram, min_words=min_words)


def kept_out(recipe: Recipe, data: Path | None) -> KeptOut:
    """Read the benchmarks of the recipe's evaluation, those that the project knows, and files.

    Raises:
        UserError: for benchmarks of the evaluation that are not there, and any that are broken; for
            all that are missing where the recipe requires them.
    """
    settings = recipe.decontamination
    texts: dict[str, Reference] = {}
    exactly: set[UUID] = set()
    missing: list[str] = []
    evaluated = {spec.name for spec in recipe.evaluation.benchmarks}
    known = [BenchmarkSpec(name=n, optional=True) for n in PUBLISHED if n not in evaluated]
    for spec in [*recipe.evaluation.benchmarks, *known]:
        is_here = spec.name in evaluated or settings.fetch or _is_at_hand(spec, data)
        benchmark = load(spec, data) if is_here else None
        if benchmark is None:
            missing.append(spec.name)
            continue
        exactly |= {p.problem_id for p in benchmark.problems} if spec.name in evaluated else set()
        if gym_family(spec) is None:
            for problem in benchmark.problems:
                texts.setdefault(problem.text, Reference(where=spec.name, text=problem.text))
    for name in settings.files:
        if path := find_file(name, data):
            for number, row in read_rows(path):
                text = text_field(row, settings.field, f"decontamination file {path}, row {number}")
                texts.setdefault(text, Reference(where=path.name, text=text))
                exactly.add(problem_id(text))
        else:
            missing.append(name)
    if missing and settings.require:
        raise UserError(
            f"decontamination: {', '.join(missing)} are not here ({data or 'no data folder'}), so "
            " nothing could be compared with them. Give the folder with --data, set "
            "decontamination.fetch, or decontamination.require = false."
        )
    return KeptOut(texts=tuple(texts.values()), exactly=frozenset(exactly), missing=tuple(missing))


def _is_at_hand(spec: BenchmarkSpec, data: Path | None) -> bool:
    return data is not None and find_file(PUBLISHED[spec.name].file, data) is not None
