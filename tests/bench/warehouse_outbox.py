"""Ingesting R1's 804,745 traces from outboxes: SQLite files of HTTP bodies, one a shard."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from distill.ids import content_id, prompt_id
from distill.sampling.outbox import Outbox, Response
from distill.sampling.requests import AttemptRequest, Job
from tests.bench.apart import apart
from tests.bench.figure import Figure
from tests.bench.fullsize import folder
from tests.bench.manytraces import FULL_SIZE, Batch, batches, num_rows
from tests.distill.sampling_toys import toy_job
from warehouse.database import Warehouse
from warehouse.ingest import ingest_outbox

MAX_SEC, MAX_GIB = 480, 6
BATCHES_A_SHARD = 50
RUN = content_id("run")


def measure() -> Iterator[Figure]:
    """Yield the seconds and the memory that ingest takes; writing the outboxes is not counted."""
    rows = num_rows()
    scratch = folder(rows) / "outboxes"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    path, num_new, seconds, peak, num_bytes = scratch / "warehouse.duckdb", 0, 0.0, 0, 0
    Warehouse(path, "bench")
    for outbox in _outboxes(scratch, rows):
        num_bytes += outbox.stat().st_size
        ingested = apart(ingest, path, outbox)
        outbox.unlink()
        num_new += ingested.value
        seconds += ingested.seconds
        peak = max(peak, ingested.peak_bytes)
    yield figure("outbox_ingest", seconds, f"s for {num_new:,} traces", MAX_SEC * rows / FULL_SIZE)
    yield figure("outbox_ingest_memory", peak / 2**30, "GiB", MAX_GIB)
    yield Figure(
        name="outbox_ingest_rate",
        group="warehouse",
        value=num_bytes / 1e6 / seconds,
        unit="MB/s of bodies",
    )
    shutil.rmtree(scratch)


def figure(name: str, value: float, unit: str, target: float) -> Figure:
    return Figure(
        name=name, group="warehouse", value=value, unit=unit, target=target, lower_is_better=True
    )


def ingest(path: Path, outbox: Path) -> int:
    return ingest_outbox(Warehouse(path, "bench"), outbox, RUN)


def _outboxes(scratch: Path, rows: int) -> Iterator[Path]:
    """Yield outboxes one by one, each written when the one before it is done with."""
    job, coming = toy_job(), batches(rows)
    for number in range(-(-rows // (BATCHES_A_SHARD * 4096))):
        path = scratch / f"{number}.sqlite"
        with Outbox(path, job) as outbox:
            for _, batch in zip(range(BATCHES_A_SHARD), coming, strict=False):
                for begin in range(0, len(batch.number), 512):
                    outbox.commit(_responses(job, batch, begin, begin + 512))
        yield path


def _responses(job: Job, batch: Batch, begin: int, end: int) -> list[Any]:
    columns = (
        batch.number,
        batch.problem,
        batch.tokens,
        batch.domain,
        batch.reasoning,
        batch.answer,
    )
    rows = zip(*(column[begin:end].tolist() for column in columns), strict=True)
    return [_response(job, *row) for row in rows]


def _response(
    job: Job, number: int, problem: int, tokens: int, domain: str, reasoning: str, answer: str
) -> Response:
    asked = [{"role": "user", "content": f"{domain} problem {problem}"}]
    request: AttemptRequest = job.request(prompt_id(asked), asked, number)
    message = {"role": "assistant", "reasoning_content": reasoning, "content": answer}
    body = {
        "id": f"chatcmpl-{number}",
        "model": "stub",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 120, "completion_tokens": tokens},
    }
    return Response(
        request=request,
        server="stub",
        num_tries=1,
        started=1.77e9 + number / 10,
        latency_sec=tokens / 30,
        body=msgspec.json.encode(body),
    )
