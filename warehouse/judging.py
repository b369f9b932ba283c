"""Verdicts of a model: what it is asked, and how its answers become verdicts."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from distill.config.models import ModelSpec
from distill.config.recipe import Recipe
from distill.errors import UserError
from distill.ids import prompt_id
from distill.models.identity import identify
from distill.runs.context import Context
from distill.runs.run import Run
from distill.sampling.requests import Job, Prompt
from distill.verify import judge
from distill.verify.base import Verdict
from warehouse.buffer import Buffer
from warehouse.collect import collect
from warehouse.database import Warehouse

NAME = judge.VERIFIER.name
WORDING = "judge"
NO_ANSWER = Verdict(decision="wrong", score=0.0, reason="no answer")
READING = frozenset({"attempt_row", "is_continuation"})
"""What a check says of where its answer is read; `verdicts` has no such columns."""


def require_judge(context: Context) -> None:
    """Refuse a recipe that wants a judge and names none, or one that cannot be served.

    Raises:
        UserError: saying so.
    """
    if NAME in context.recipe.verification.verifiers:
        context.servers.check(_spec(context.recipe))


def _spec(recipe: Recipe) -> ModelSpec:
    if recipe.models.judge is None:
        raise UserError(
            "verification.verifiers: 'judge' needs models.judge, and the recipe names none. Name a "
            "model that judges, or take 'judge' out of the list."
        )
    return recipe.models.judge


def depends_on(context: Context) -> dict[str, Any]:
    """Return what a judge's verdict depends on beside its prompt."""
    job, settings = _job(context), context.recipe.verification.judge
    return {
        "model_id": job.model.model_id,
        "sampling_id": job.sampling_id,
        "stream": job.stream,
        "max_answer_chars": settings.max_answer_chars,
    }


def _job(context: Context) -> Job:
    settings, model = (
        context.recipe.verification.judge,
        identify(_spec(context.recipe), context.home),
    )
    return Job(model=model, sampling=settings.sampling, stream=settings.stream)


def borrow_golds(warehouse: Warehouse, run_id: UUID, attempt_ids: Sequence[UUID]) -> None:
    """Give the judge the references of verifiers listed before it, where they did not decide."""
    rows = warehouse.query("verify_open", run_id=run_id, attempt_ids=attempt_ids, verifier=NAME)
    references = {row["problem_id"]: row["reference"] for row in rows if row["reference"]}
    warehouse.insert_golds(
        [
            {"problem_id": problem, "verifier": NAME, "gold": {"answer": reference}}
            | {"origin": "reference of another verifier"}
            for problem, reference in references.items()
        ]
    )


def ask_judge(
    context: Context, run: Run, warehouse: Warehouse, todo: Sequence[dict[str, Any]]
) -> int:
    """Have a verdict of the judge on each check; return how many there are now.

    Its answers are attempts like any other: none is asked for twice, and a changed way of reading
    them asks for nothing. An answer that failed to come leaves its check to be made again.

    Raises:
        UserError: whatever `collect` raises.
    """
    job, settings = _job(context), context.recipe.verification.judge
    asked = warehouse.query(
        "judge_questions",
        attempt_ids=[check["attempt_id"] for check in todo],
        gold_versions=[check["gold_version"] for check in todo],
    )
    prompts = {
        row["attempt_id"]: _prompt(row, settings.max_answer_chars)
        for row in asked
        if (row["answer"] or "").strip()
    }
    _announce(warehouse, asked, prompts)
    collect(
        context,
        run,
        warehouse,
        spec=_spec(context.recipe),
        prompts=list(prompts.values()),
        sampling=settings.sampling,
        stream=settings.stream,
        num_samples=1,
        title="judge",
    )
    keys = {attempt: job.key(prompt.prompt_id, 0) for attempt, prompt in prompts.items()}
    rows = warehouse.query("judge_answers", attempt_ids=list(set(keys.values())))
    return _record(warehouse, todo, keys, {row["attempt_id"]: row for row in rows})


def _prompt(row: dict[str, Any], max_answer_chars: int) -> Prompt:
    text = judge.question(row["problem"], row["reference"], row["answer"], max_answer_chars)
    messages = [{"role": "user", "content": text}]
    return Prompt(prompt_id=prompt_id(messages), messages=messages)


def _announce(
    warehouse: Warehouse, asked: Sequence[dict[str, Any]], prompts: dict[UUID, Prompt]
) -> None:
    rows = {
        prompt.prompt_id: {
            "prompt_id": prompt.prompt_id,
            "messages": prompt.messages,
            "problem_id": row["problem_id"],
            "wording": WORDING,
        }
        for row in asked
        if (prompt := prompts.get(row["attempt_id"]))
    }
    warehouse.insert("prompts", list(rows.values()))


def _record(
    warehouse: Warehouse,
    todo: Sequence[dict[str, Any]],
    keys: dict[UUID, UUID],
    answers: dict[UUID, dict[str, Any]],
) -> int:
    num = 0
    with Buffer(warehouse, "verdicts") as buffer:
        for check in todo:
            key = keys.get(check["attempt_id"])
            if key and key not in answers:
                continue  # its request failed
            verdict = _read(answers[key]) if key else NO_ANSWER
            row = {name: value for name, value in check.items() if name not in READING}
            row |= {"judge_attempt_id": key, "recorded": datetime.now(UTC)}
            buffer.add(row | asdict(verdict))
            num += 1
    return num


def _read(answer: dict[str, Any]) -> Verdict:
    """Return the verdict in a judge's answer; one that was cut off or refused decides nothing."""
    if answer["outcome"] != "ok":
        return Verdict(decision="undecided", reason=f"the judge's answer: {answer['outcome']}")
    return judge.ruling(answer["answer"] or "")
