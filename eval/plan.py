"""Who is asked what: the models of a run, the format each is asked in, and the benchmarks.

Roles that are the same model asked in the same way share one subject, so that nothing is sampled
twice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from distill.benchmarks import Benchmark
from distill.config.models import ModelSpec, Wording
from distill.config.recipe import Recipe
from distill.ids import content_id, prompt_id
from distill.models.identity import identify
from distill.runs.context import Context
from distill.sampling.requests import Job, Prompt
from eval.participants import Participant
from eval.protocol import wording_of


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """A model on a benchmark, asked in one way."""

    evaluation_id: UUID
    benchmark: Benchmark
    wording: str
    job: Job
    k: int
    prompts: tuple[Prompt, ...]
    """One a problem, in the benchmark's order."""

    def row(self) -> dict[str, Any]:
        """Return the row of `evaluations`."""
        return {
            "evaluation_id": self.evaluation_id,
            "model_id": self.job.model.model_id,
            "benchmark": self.benchmark.name,
            "content_hash": self.benchmark.content_hash,
            "wording": self.wording,
            "sampling_id": self.job.sampling_id,
            "k": self.k,
        }

    def items(self) -> Iterator[dict[str, UUID]]:
        """Yield the rows of `evaluation_items`: k responses a problem."""
        for problem, prompt in zip(self.benchmark.problems, self.prompts, strict=True):
            for index in range(self.k):
                request = self.job.request(prompt.prompt_id, prompt.messages, index)
                yield {
                    "evaluation_id": self.evaluation_id,
                    "problem_id": problem.problem_id,
                    "attempt_id": request.attempt_id,
                }


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A model asked in one way, with all roles that it plays."""

    spec: ModelSpec
    job: Job
    participants: tuple[Participant, ...]
    evaluations: tuple[Evaluation, ...]

    @property
    def title(self) -> str:
        """How messages call it."""
        return " and ".join(participant.title for participant in self.participants)

    @property
    def roles(self) -> set[str]:
        """The roles that it plays."""
        return {participant.role for participant in self.participants}

    @property
    def prompts(self) -> list[Prompt]:
        """What it is asked, each once, even if benchmarks share a problem."""
        prompts = {p.prompt_id: p for evaluation in self.evaluations for p in evaluation.prompts}
        return list(prompts.values())


def plan(
    context: Context, benchmarks: Sequence[Benchmark], found: Sequence[Participant]
) -> list[Subject]:
    """Return the subjects of a run, models that play several parts together.

    Raises:
        UserError: for a model that is not there.
    """
    recipe = context.recipe
    specs = {spec.name: spec for spec in recipe.evaluation.benchmarks}
    grouped: dict[tuple[UUID, UUID, tuple[str, ...]], list[Participant]] = {}
    jobs: dict[tuple[UUID, UUID, tuple[str, ...]], Job] = {}
    for part in found:
        job = _job(context, part)
        wordings = (wording_of(part.role, part.format, specs[b.name]) for b in benchmarks)
        key = (job.model.model_id, job.sampling_id, tuple(wordings))
        jobs.setdefault(key, job)
        grouped.setdefault(key, []).append(part)
    return [
        Subject(
            spec=parts[0].spec,
            job=jobs[key],
            participants=tuple(parts),
            evaluations=tuple(
                _evaluation(recipe, jobs[key], benchmark, wording)
                for benchmark, wording in zip(benchmarks, key[2], strict=True)
            ),
        )
        for key, parts in grouped.items()
    ]


def _job(context: Context, part: Participant) -> Job:
    asked = context.recipe.evaluation
    return Job(
        model=identify(part.spec, context.home),
        sampling=asked.sampling.model_copy(update={"prefill": part.format.prefill}),
        stream=asked.stream,
    )


def _evaluation(recipe: Recipe, job: Job, benchmark: Benchmark, wording: str) -> Evaluation:
    words, k = recipe.wordings[wording], recipe.evaluation.k
    # Recipes may call different wordings alike, so it is the text that counts, and the stream too.
    identity = {
        "model_id": job.model.model_id,
        "benchmark": benchmark.name,
        "content_hash": benchmark.content_hash,
        "wording": words.model_dump(mode="json"),
        "sampling_id": job.sampling_id,
        "stream": job.stream,
        "k": k,
    }
    return Evaluation(
        evaluation_id=content_id(identity),
        benchmark=benchmark,
        wording=wording,
        job=job,
        k=k,
        prompts=tuple(_prompt(words, problem.text) for problem in benchmark.problems),
    )


def _prompt(wording: Wording, problem: str) -> Prompt:
    messages = wording.messages(problem)
    return Prompt(prompt_id=prompt_id(messages), messages=messages)
