"""Models that answer at once: what the stage asks of servers and verifiers, without either."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID

from distill.benchmarks.base import Benchmark, Problem, content_hash
from distill.models.identity import identify
from distill.sampling.requests import Job

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def toy_benchmark(name: str, num_problems: int) -> Benchmark:
    """Return a benchmark whose problem i is answered by i."""
    problems = tuple(
        Problem.of(f"{name}: what is {i}?", {"math": {"answer": str(i)}}, i)
        for i in range(num_problems)
    )
    return Benchmark(
        name=name, problems=problems, content_hash=content_hash(problems), licence="MIT"
    )


@dataclass
class ToyModels:
    """Stands for `collect` and `verify_attempts`.

    A model answers the problems below its skill; `failing` are the problems whose requests fail,
    `silent` those that are never asked, as after a power cut.
    """

    skill: dict[str, int]
    failing: set[int] = field(default_factory=set)
    silent: set[int] = field(default_factory=set)
    asked: list[tuple[str, str, int]] = field(default_factory=list)
    """(title, prefill, responses asked for), one a call."""
    decided: set[UUID] = field(default_factory=set)

    def collect(
        self, context, run, warehouse, *, spec, prompts, sampling, stream, num_samples, title
    ):
        model = identify(spec, context.home)
        job = Job(model=model, sampling=sampling, stream=stream)
        warehouse.insert("models", [model.row()])
        fields = sampling.model_dump(mode="json")
        warehouse.insert("samplings", [{"sampling_id": job.sampling_id, "fields": fields}])
        attempts, failures = [], []
        for prompt in prompts:
            number = int(prompt.messages[-1]["content"].removesuffix("?").rsplit(" ", 1)[1])
            for index in range(num_samples):
                request = job.request(prompt.prompt_id, prompt.messages, index)
                key = {
                    "attempt_id": request.attempt_id,
                    "prompt_id": prompt.prompt_id,
                    "model_id": model.model_id,
                    "sampling_id": job.sampling_id,
                    "stream": stream,
                    "sample_index": str(index),
                }
                right = number < self.skill[model.name]
                if number in self.failing:
                    failures.append(key | FAILURE | {"run_id": run.run_id})
                elif number not in self.silent:
                    attempts.append(key | ATTEMPT | {"text": str(number) if right else "no idea"})
        added = warehouse.insert("attempts", attempts)
        warehouse.insert("failures", failures)
        ids = [row["attempt_id"] for row in attempts + failures]
        rows = [{"run_id": run.run_id, "attempt_id": attempt_id} for attempt_id in ids]
        warehouse.insert("run_attempts", rows)
        if added:
            self.asked.append((title, sampling.prefill, added))
        return SimpleNamespace(model=model, attempt_ids=ids, num_failed=len(failures))

    def verify_attempts(self, context, run, warehouse, attempt_ids):
        self.decided |= set(attempt_ids)
        known = warehouse.query("select attempt_id, text from attempts")
        verdicts = [
            {
                "attempt_id": row["attempt_id"],
                "verifier": "math",
                "verifier_version": "1",
                "config_hash": UUID(int=0),
                "gold_version": 1,
                "decision": "correct" if row["text"] != "no idea" else "wrong",
                "reason": "toy",
                "milliseconds": 0.1,
                "recorded": NOW,
            }
            for row in known
            if row["attempt_id"] in set(attempt_ids)
        ]
        warehouse.insert("verdicts", verdicts)


ATTEMPT = {
    "shape": "none",
    "completion_tokens": 10,
    "outcome": "ok",
    "finish_reason": "stop",
    "repaired": 0,
}
FAILURE = {"cause": "timeout", "message": "toy", "num_tries": 5, "recorded": NOW}
