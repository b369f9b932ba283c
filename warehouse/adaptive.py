"""Sampling prompts until they have enough correct traces: verdicts are made as responses come."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from distill.config.models import ModelSpec
from distill.config.prompts import Generation
from distill.models.identity import identify
from distill.runs.context import Context
from distill.runs.progress import Advance, track
from distill.runs.run import Run
from distill.sampling.engine import sample
from distill.sampling.plan import Plan, Result, Tally
from distill.sampling.report import SampleReport
from distill.sampling.requests import Job, Prompt
from distill.verify.pool import VerifierPool
from distill.verify.registry import LAST_RESORTS
from warehouse.collect import OUTBOX, announce
from warehouse.database import Warehouse
from warehouse.ingest import Cursor, ingest_outbox
from warehouse.ledger import Session
from warehouse.verdicts import unverified, verdict_rows, verify_attempts

TURN_SEC = 1.0
"""Between looks at what has come in: for so long a prompt may wait for its verdict."""


@dataclass(frozen=True, kw_only=True)
class AdaptiveReport:
    """What adaptive sampling found and did."""

    sampled: SampleReport
    num_found: int
    tally: Tally
    tokens_saved: float
    """Estimate: what as many samples of every prompt as hard ones get would have cost more."""


def collect_adaptively(
    context: Context,
    run: Run,
    warehouse: Warehouse,
    *,
    spec: ModelSpec,
    prompts: Sequence[Prompt],
    generation: Generation,
) -> AdaptiveReport:
    """Sample each prompt until it has enough correct traces, or as many as it may have.

    Samples that are there count, whoever paid for them.

    Raises:
        UserError: as `collect`; what was answered and checked is kept.
        KeyboardInterrupt: on Ctrl-C, after what was in flight has been stored and ingested.
    """
    rule = generation.adaptive
    assert rule
    job = Job(
        model=identify(spec, context.home),
        sampling=generation.sampling,
        stream=generation.stream,
        api=spec.api,
        tokens=generation.tokens,
        stopping_rule={"num_samples": generation.num_samples} | rule.model_dump(mode="json"),
    )
    announce(run, warehouse, job)
    judge = _Judge(context, run, warehouse)
    known = judge.catch_up(job, prompts, generation.num_samples)
    (paid,) = warehouse.query("adaptive_spent", run_id=run.run_id)
    plan = Plan(
        job,
        prompts,
        rule=rule,
        num_samples=generation.num_samples,
        known=known,
        spent=paid["spent"],
    )
    report = SampleReport()
    if plan.wants_more:
        with context.servers.endpoints(spec, run) as servers:
            session = Session(run, warehouse, job.model, spec)
            with (
                track(context.console, run, "generate", len(prompts), "prompts") as advance,
                judge.at_work(plan, session),
            ):
                report = sample(
                    plan,
                    job=job,
                    endpoints=servers,
                    outbox=judge.outbox,
                    existing=lambda keys: set(),
                    settings=context.recipe.requests,
                    on_progress=_show(plan, advance, session),
                )
    return AdaptiveReport(
        sampled=report,
        num_found=len(known),
        tally=plan.tally,
        tokens_saved=plan.tokens_saved(),
    )


class _Judge:
    """Takes responses out of the outbox, has them checked, and tells the plan."""

    def __init__(self, context: Context, run: Run, warehouse: Warehouse) -> None:
        self.outbox: Path = run.directory / OUTBOX
        self._context, self._run, self._warehouse = context, run, warehouse
        self._cursor = Cursor()

    def catch_up(
        self, job: Job, prompts: Sequence[Prompt], num_samples: int
    ) -> list[tuple[int, Result]]:
        """Return index and result of the samples that are there, checked where they were not."""
        self._ingest()
        asked: dict[str, Any] = {
            "prompt_ids": [prompt.prompt_id for prompt in prompts],
            "model_id": job.model.model_id,
            "sampling_id": job.sampling_id,
            "stream": job.stream,
            "num_samples": num_samples,
            "run_id": self._run.run_id,
        }
        found = self._warehouse.query("adaptive_known", **asked)
        self._record_asked(found)
        verify_attempts(
            self._context, self._run, self._warehouse, [row["attempt_id"] for row in found]
        )
        return [
            (row["sample_index"], _result(row, row["decision"]))
            for row in self._warehouse.query("adaptive_known", **asked)
        ]

    @contextmanager
    def at_work(self, plan: Plan, session: Session) -> Iterator[None]:
        """Judge what comes in while the body samples; ingest the rest however it ends."""
        ended = threading.Event()

        def work() -> None:
            try:
                with VerifierPool(self._context.recipe.verification) as pool:
                    while not ended.wait(TURN_SEC):
                        self._turn(plan, pool)
                        session.touch()
            except BaseException as error:
                plan.fail(error)

        thread = threading.Thread(target=work, name="judge", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self._ingest()
            session.touch()

    def _turn(self, plan: Plan, pool: VerifierPool) -> None:
        rows = self._ingest()
        if not rows:
            return
        answered = [row["attempt_id"] for row in rows if "text" in row]
        decided: dict[UUID, str] = {}
        todo = [
            check
            for check in unverified(self._warehouse, self._run.run_id, answered)
            if check["verifier"] not in LAST_RESORTS  # what only they could tell counts as `none`
        ]
        order = {name: n for n, name in enumerate(self._context.recipe.verification.verifiers)}
        verdicts = list(verdict_rows(pool, self._warehouse, todo))
        self._warehouse.insert("verdicts", verdicts)
        for verdict in sorted(verdicts, key=lambda row: order[row["verifier"]]):
            if decided.get(verdict["attempt_id"], "undecided") == "undecided":
                decided[verdict["attempt_id"]] = verdict["decision"]
        for row in rows:
            decision = decided.get(row["attempt_id"], "none") if "text" in row else None
            plan.settle(_result(row, decision))

    def _ingest(self) -> list[dict[str, Any]]:
        """Return what came in since the last time: rows of attempts and failures."""
        rows: list[dict[str, Any]] = []
        ingest_outbox(
            self._warehouse, self.outbox, self._run.run_id, self._cursor, tell=rows.extend
        )
        self._record_asked(rows)
        return rows

    def _record_asked(self, rows: Sequence[dict[str, Any]]) -> None:
        asked = [{"run_id": self._run.run_id, "attempt_id": row["attempt_id"]} for row in rows]
        if asked:
            self._warehouse.insert("run_attempts", asked)


def _result(row: dict[str, Any], decision: str | None) -> Result:
    return Result(
        prompt_id=row["prompt_id"],
        decision=decision,
        completion_tokens=row.get("completion_tokens") or 0,
    )


def _show(plan: Plan, advance: Advance, session: Session) -> Callable[[SampleReport], None]:
    shown = 0

    def show(report: SampleReport) -> None:
        nonlocal shown
        tally = plan.tally
        note = session.note(report, kept=tally.num_good, of=tally.num_checked)
        pace = report.num_answered / max(report.seconds, 1e-9)
        advance(tally.num_done - shown, f"{pace:.1f} traces/s, {note}")
        shown = tally.num_done

    return show
