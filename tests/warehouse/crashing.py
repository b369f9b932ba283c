"""Killing a process that ingests, migrates or builds a data set, at random moments.

As a script the process: python -m tests.warehouse.crashing ingest|migrate|dataset WAREHOUSE OUTBOX
"""

import gzip
import random
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from distill.sampling.outbox import Outbox, Response
from tests.distill.sampling_toys import toy_job, toy_requests
from tests.warehouse.toy_warehouse import TIME, uid
from warehouse import ingest
from warehouse.checks import run_checks
from warehouse.database import Warehouse
from warehouse.fingerprint import Fingerprint, fingerprints

KINDS = ("ingest", "migrate", "dataset")
ROOT = Path(__file__).parent.parent.parent
RELEASED = Path(__file__).parent / "released"
BATCH_ROWS, NUM_RESPONSES, NUM_DATASETS = 50, 500, 4


@dataclass(frozen=True, kw_only=True)
class Crashes:
    """What was killed, and where it stood then."""

    num_kills: int
    num_before_end: int
    """Processes that were killed before they had done all."""


def do(what: str, path: Path, outbox: Path) -> None:
    """Do all of it, as far as it is not done."""
    warehouse = Warehouse(path, "crash")  # which is all that a migration takes
    if what == "ingest":
        ingest.BATCH_SIZE = BATCH_ROWS
        ingest.ingest_outbox(warehouse, outbox, uid("run"))
    elif what == "dataset":
        rows = warehouse.query("select attempt_id, prompt_id from attempts order by attempt_id")
        for number in range(NUM_DATASETS):
            _choose(warehouse, uid(f"dataset {number}"), rows)


def _choose(warehouse: Warehouse, dataset_id: object, rows: list[dict[str, object]]) -> None:
    """Write a data set as the dataset stage does: in one transaction."""
    items = [
        {"dataset_id": dataset_id, "position": position, "attempt_id": row["attempt_id"]}
        | {"training_prompt_id": row["prompt_id"], "split": "train", "weight": 1.0}
        for position, row in enumerate(rows)
    ]
    with warehouse.write():
        warehouse.insert("dataset_items", items)
        dataset = {"dataset_id": dataset_id, "num_items": len(items), "created": TIME.format(1)}
        warehouse.insert("datasets", [dataset])


def survive(what: str, folder: Path, num_kills: int, seed: int) -> Crashes:
    """Kill, look and go on, so many times; the first time nothing is killed.

    Raises:
        AssertionError: if a check finds something after a kill, or the end is another than that of
            a process that nobody killed.
    """
    outbox, start = folder / "outbox.sqlite", folder / "start.duckdb"
    _prepare(what, start, outbox)
    whole = folder / "whole.duckdb"
    shutil.copy(start, whole)
    begun = time.monotonic()
    assert _process(what, whole, outbox).wait() == 0
    seconds, expected = time.monotonic() - begun, _held(whole)
    rng, num_before_end = random.Random(seed), 0
    for number in range(num_kills):
        path = folder / f"{number}.duckdb"
        shutil.copy(start, path)
        process = _process(what, path, outbox)
        time.sleep(rng.uniform(0.3, 1.0) * seconds)  # before that Python only imports
        process.kill()
        process.wait()
        _prove(path)
        num_before_end += _held(path) != expected or process.returncode != 0
        do(what, path, outbox)
        assert _held(path) == expected
        _prove(path)
        path.unlink()
    return Crashes(num_kills=num_kills, num_before_end=num_before_end)


def _prove(path: Path) -> None:
    warehouse = Warehouse(path, "test")
    with warehouse.read():  # opened once, not for each check
        found = [str(violation) for violation in run_checks(warehouse)]
    assert not found, found


def _process(what: str, path: Path, outbox: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.warehouse.crashing", what, str(path), str(outbox)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)


def _held(path: Path) -> dict[str, Fingerprint]:
    with Warehouse(path, "test").read() as connection:
        return fingerprints(connection)


def _prepare(what: str, start: Path, outbox: Path) -> None:
    """Make the outbox, and the warehouse from which every process begins."""
    if what == "migrate":
        start.write_bytes(gzip.decompress((RELEASED / "0001_core.duckdb.gz").read_bytes()))
        return
    job = replace(toy_job(), stream="datagen")
    requests = list(toy_requests(job, (f"question {i}" for i in range(NUM_RESPONSES))))
    with Outbox(outbox, job) as writing:
        writing.commit([_response(request, number) for number, request in enumerate(requests)])
    warehouse = Warehouse(start, "test")
    run = {"run_id": uid("run"), "stage": "generate", "recipe": {"name": "r"}, "host": "h"}
    run |= {"code_version": "1", "started": TIME.format(1), "status": "finished"}
    warehouse.insert("runs", [run])
    model = {"model_id": job.model.model_id, "weights_id": "w", "name": "m", "licence": "MIT"}
    warehouse.insert("models", [model])
    fields = job.sampling.model_dump(mode="json")
    warehouse.insert("samplings", [{"sampling_id": job.sampling_id, "fields": fields}])
    texts = {request.prompt_id: request.messages for request in requests}
    problems = [{"problem_id": uid(str(key)), "text": str(key)} for key in texts]
    warehouse.insert("problems", problems)
    prompts = [
        {"prompt_id": key, "messages": messages, "problem_id": uid(str(key)), "wording": "plain"}
        for key, messages in texts.items()
    ]
    warehouse.insert("prompts", prompts)
    if what == "dataset":
        do("ingest", start, outbox)


def _response(request: object, number: int) -> Response:
    message = {"role": "assistant", "content": f"<think>{number} " + "so " * 500 + "</think>4"}
    body = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": {}}
    return Response(
        request=request,
        server="stub",
        num_tries=1,
        started=1.77e9,
        latency_sec=1.0,
        body=msgspec.json.encode(body),
    )


if __name__ == "__main__":
    do(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
