"""What an evaluation writes into the warehouse before anything is scored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from distill.benchmarks import Benchmark
from eval.plan import Evaluation, Subject
from warehouse.database import Warehouse


@dataclass(frozen=True, kw_only=True)
class Answers:
    """How far the responses of a subject are there."""

    num_planned: int
    attempt_ids: list[UUID]
    """Those that are there."""
    num_failed: int
    """Requests that this run gave up."""

    @property
    def num_missing(self) -> int:
        """Neither there nor given up: the asking was not finished."""
        return self.num_planned - len(self.attempt_ids) - self.num_failed


def record_problems(
    warehouse: Warehouse, benchmarks: Sequence[Benchmark], evaluations: Sequence[Evaluation]
) -> None:
    """Record problems, references and prompts, each once."""
    problems = [(benchmark.name, p) for benchmark in benchmarks for p in benchmark.problems]
    texts = [{"problem_id": p.problem_id, "text": p.text} for _, p in problems]
    golds = [
        {"problem_id": p.problem_id, "verifier": name, "gold": gold, "origin": f"benchmark {of}"}
        for of, p in problems
        for name, gold in p.golds.items()
    ]
    prompts = [
        {
            "prompt_id": prompt.prompt_id,
            "messages": prompt.messages,
            "problem_id": problem.problem_id,
            "wording": evaluation.wording,
        }
        for evaluation in evaluations
        for problem, prompt in zip(evaluation.benchmark.problems, evaluation.prompts, strict=True)
    ]
    with warehouse.write():
        warehouse.insert("problems", texts)
        warehouse.insert_golds(golds)
        warehouse.insert("prompts", prompts)


def record_answers(warehouse: Warehouse, run_id: UUID, subject: Subject) -> Answers:
    """Record a subject's evaluations and their responses, unless some of these are missing."""
    items = [item for evaluation in subject.evaluations for item in evaluation.items()]
    planned = list({item["attempt_id"] for item in items})
    states = warehouse.query("eval_attempts", attempt_ids=planned, run_id=run_id)
    there = {state["attempt_id"] for state in states if state["answered"]}
    failed = {state["attempt_id"] for state in states if state["failed"]} - there
    answers = Answers(num_planned=len(planned), attempt_ids=list(there), num_failed=len(failed))
    if not answers.num_missing:
        with warehouse.write():
            warehouse.insert("evaluations", [e.row() for e in subject.evaluations])
            warehouse.insert("evaluation_items", [i for i in items if i["attempt_id"] in there])
            warehouse.insert("evaluation_roles", _roles(run_id, subject))
    return answers


def _roles(run_id: UUID, subject: Subject) -> list[dict[str, Any]]:
    return [
        {
            "run_id": run_id,
            "evaluation_id": evaluation.evaluation_id,
            "role": part.role,
            "student": part.student,
        }
        for evaluation in subject.evaluations
        for part in subject.participants
    ]
