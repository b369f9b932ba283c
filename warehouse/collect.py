"""Sampling a model on prompts: what is missing is asked for, and ends up in the warehouse.

Generation and evaluation share it. Responses go to the run's outbox and from there, every few
seconds and at the end, into `attempts`.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from distill.config.models import ModelSpec, Sampling
from distill.config.prompts import Tokens
from distill.models.identity import Model, identify
from distill.runs.context import Context
from distill.runs.progress import Advance, track
from distill.runs.run import Run
from distill.sampling.engine import sample
from distill.sampling.report import SampleReport
from distill.sampling.requests import AttemptRequest, Job, Prompt
from warehouse.continuations import continuations
from warehouse.database import Warehouse
from warehouse.ingest import Cursor, ingest_outbox
from warehouse.ledger import Session

log = logging.getLogger(__name__)
OUTBOX = "outbox.sqlite"
INGEST_SEC = 5.0
ROWS_A_TURN = 10_000
NO_TOKENS = Tokens()


@dataclass(frozen=True, kw_only=True)
class CollectReport:
    """What `collect` found and did; outcomes, tokens and seconds are of what it asked."""

    model: Model
    sampling_id: UUID
    attempt_ids: list[UUID]
    """The keys of all that was wanted, prompt by prompt; failures have no attempt."""
    num_found: int
    num_asked: int
    num_ok: int
    num_length: int
    num_refused: int
    num_failed: int
    completion_tokens: int
    seconds: float


def collect(
    context: Context,
    run: Run,
    warehouse: Warehouse,
    *,
    spec: ModelSpec,
    prompts: Sequence[Prompt],
    sampling: Sampling,
    stream: str,
    num_samples: int,
    title: str,
    num_continuations: int = 0,
    tokens: Tokens = NO_TOKENS,
) -> CollectReport:
    """Have `num_samples` responses to each prompt in the warehouse; ask for the missing ones only.

    Truncated ones are continued up to `num_continuations` times, as far as the context allows.
    No server is started, or looked for, where nothing is missing.

    Raises:
        UserError: if the model, the server, the disk or the warehouse fails; what was answered is
            kept, and the next call goes on from there.
        KeyboardInterrupt: on Ctrl-C, after what was in flight has been stored and ingested.
    """
    job = Job(
        model=identify(spec, context.home),
        sampling=sampling,
        stream=stream,
        api=spec.api,
        tokens=tokens,
    )
    wanted = [job.request(p.prompt_id, p.messages, i) for p in prompts for i in range(num_samples)]
    requests = list({request.attempt_id: request for request in wanted}.values())
    announce(run, warehouse, job, requests)
    outbox = run.directory / OUTBOX
    there = known_keys(run, warehouse)
    missing = [request for request in requests if request.attempt_id not in there]
    asked = {prompt.prompt_id: prompt.messages for prompt in prompts}

    def cut() -> list[AttemptRequest]:
        return continuations(run, warehouse, job, spec, asked, num_continuations)

    report = SampleReport()
    if missing or cut():
        with context.servers.endpoints(spec, run) as servers:
            session = Session(run, warehouse, job.model, spec)

            def ask(requests: Sequence[AttemptRequest], num: int, title: str) -> SampleReport:
                found = known_keys(run, warehouse)
                with (
                    track(context.console, run, title, num, "traces") as advance,
                    _ingesting(warehouse, outbox, run.run_id, session),
                ):
                    return sample(
                        requests,
                        job=job,
                        endpoints=servers,
                        outbox=outbox,
                        existing=found.intersection,
                        settings=context.recipe.requests,
                        on_progress=_show(advance, session),
                    )

            if missing:
                report = ask(requests, len(missing), title)
            for _ in range(num_continuations):
                if more := cut():
                    announce(run, warehouse, job, more)
                    report = report.and_then(ask(more, len(more), f"{title}: going on"))
    return CollectReport(
        model=job.model,
        sampling_id=job.sampling_id,
        attempt_ids=[request.attempt_id for request in requests],
        num_found=len(requests) - len(missing),
        num_asked=len(missing),
        num_ok=report.num_ok,
        num_length=report.num_length,
        num_refused=report.num_refused,
        num_failed=report.num_failed,
        completion_tokens=report.completion_tokens,
        seconds=report.seconds,
    )


def known_keys(run: Run, warehouse: Warehouse) -> set[UUID]:
    """Return which of the run's attempts are there, what its outbox still has taken in first."""
    ingest_outbox(warehouse, run.directory / OUTBOX, run.run_id)
    return {row["attempt_id"] for row in warehouse.query("collected_attempts", run_id=run.run_id)}


def announce(
    run: Run, warehouse: Warehouse, job: Job, requests: Sequence[AttemptRequest] = ()
) -> None:
    """Write down who asks for what, before it is asked."""
    fields = job.sampling.model_dump(mode="json")
    warehouse.insert("models", [job.model.row()])
    warehouse.insert("samplings", [{"sampling_id": job.sampling_id, "fields": fields}])
    rows = [{"run_id": run.run_id, "attempt_id": request.attempt_id} for request in requests]
    for begin in range(0, len(rows), ROWS_A_TURN):
        warehouse.insert("run_attempts", rows[begin : begin + ROWS_A_TURN])


def _show(advance: Advance, session: Session) -> Callable[[SampleReport], None]:
    shown = 0

    def show(report: SampleReport) -> None:
        nonlocal shown
        settled = report.num_answered + report.num_failed
        advance(settled - shown, session.note(report, kept=report.num_ok, of=report.num_answered))
        shown = settled

    return show


@contextmanager
def _ingesting(
    warehouse: Warehouse, outbox: Path, run_id: UUID, session: Session
) -> Iterator[None]:
    """Ingest the outbox while the body fills it, and what is left at its end, however it ends."""
    cursor, ended = Cursor(), threading.Event()

    def now_and_then() -> None:
        while not ended.wait(INGEST_SEC):
            try:
                ingest_outbox(warehouse, outbox, run_id, cursor)
                session.touch()
            except Exception:  # the outbox keeps everything, and the last ingest will say it again
                log.exception("ingest of %s failed", outbox)

    thread = threading.Thread(target=now_and_then, name="ingest", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        ingest_outbox(warehouse, outbox, run_id, cursor)
        session.touch()
