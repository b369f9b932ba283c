import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest

from distill.config.models import Sampling
from distill.config.prompts import Tokens
from distill.ids import prompt_id
from distill.sampling.outbox import Failure, Outbox, Response, Try
from distill.sampling.requests import Job
from warehouse import ingest
from warehouse.database import Warehouse
from warehouse.ingest import Cursor, ingest_outbox

RUN = UUID(int=7)
MODEL = SimpleNamespace(model_id=UUID(int=1), opens_think=False)
JOB = Job(model=MODEL, sampling=Sampling(prefill="<think>\n"), stream="datagen")
MESSAGES = [{"role": "user", "content": "2 + 2?"}]
PROMPT = prompt_id(MESSAGES)


def response(index, content="so\n</think>\n\n4"):
    message = {"role": "assistant", "content": content}
    body = {"id": "x", "choices": [{"message": message, "finish_reason": "stop"}]}
    body["usage"] = {"prompt_tokens": 3, "completion_tokens": 5}
    return Response(
        request=JOB.request(PROMPT, MESSAGES, index),
        server="cpu",
        num_tries=1,
        started=1_700_000_000.25,
        latency_sec=1.5,
        body=json.dumps(body).encode(),
    )


def failure(index):
    request = JOB.request(PROMPT, MESSAGES, index)
    return Failure(
        request=request, cause="timeout", message="slow", num_tries=5, at=1_700_000_000.5
    )


def store(path, *records):
    with Outbox(path, JOB) as outbox:
        outbox.commit(records)


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(tmp_path / "warehouse.duckdb", "test")


@pytest.fixture
def outbox(tmp_path):
    return tmp_path / "outbox.sqlite"


def test_a_response_becomes_an_attempt(warehouse, outbox):
    store(outbox, response(0))
    assert ingest_outbox(warehouse, outbox, RUN) == 1
    (row,) = warehouse.query("from attempts")
    times = {name: row.pop(name).isoformat() for name in ("started", "finished")}
    assert times == {
        "started": "2023-11-14T22:13:20.250000+00:00",
        "finished": "2023-11-14T22:13:21.750000+00:00",
    }
    assert row == {
        "attempt_id": JOB.request(PROMPT, MESSAGES, 0).attempt_id,
        "prompt_id": PROMPT,
        "model_id": MODEL.model_id,
        "sampling_id": JOB.sampling_id,
        "stream": "datagen",
        "sample_index": "0",
        "text": "so\n</think>\n\n4",
        "shape": "open_tag_in_prompt",
        "reasoning_begin": 0,
        "reasoning_end": 3,
        "answer_begin": 11,
        "answer_end": 14,
        "prompt_tokens": 3,
        "completion_tokens": 5,
        "finish_reason": "stop",
        "outcome": "ok",
        "latency_sec": 1.5,
        "server": "cpu",
        "parent_attempt_id": None,
        "stopping_rule": None,
        "repaired": 0,
        "extra": {"response_id": "x"},
        "run_id": RUN,
        "num_tries": 1,
    }


def test_failures_are_kept_apart(warehouse, outbox):
    store(outbox, failure(0), response(1))
    assert ingest_outbox(warehouse, outbox, RUN) == 1
    rows = warehouse.query("select run_id, cause, message, num_tries, sample_index from failures")
    assert [tuple(row.values()) for row in rows] == [(RUN, "timeout", "slow", 5, "0")]


def test_what_was_paid_for_nothing_is_kept_and_counted(warehouse, outbox):
    rejected = response(0)
    rejected.rejected = "cut off by the server"
    request = JOB.request(PROMPT, MESSAGES, 1)
    sent = {"request": request, "server": "cpu"}
    slow = Try(cause="timeout", started=1_700_000_000.0, latency_sec=600.0, **sent)
    with Outbox(outbox, JOB) as writer:
        writer.asked(started=1_700_000_700.0, **sent)
        writer.commit([rejected, slow, failure(0)])
    assert ingest_outbox(warehouse, outbox, RUN) == 0
    ingest_outbox(warehouse, outbox, RUN)
    rows = warehouse.query(
        "select sample_index, cause, message, latency_sec, completion_tokens from tries"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("0", "no-response", "cut off by the server", 1.5, 5),
        ("1", "timeout", None, 600.0, None),
        ("1", "lost", None, None, None),
    ]
    assert warehouse.query("select completion_tokens_paid from failures") == [
        {"completion_tokens_paid": 5}
    ]


def test_a_stopping_rule_comes_with_each_attempt(warehouse, outbox):
    rule = {"num_correct": 2, "num_samples": 8}
    with Outbox(outbox, replace(JOB, stopping_rule=rule)) as box:
        box.commit([response(0)])
    ingest_outbox(warehouse, outbox, RUN)
    assert warehouse.query("select stopping_rule from attempts") == [{"stopping_rule": rule}]


def with_tokens(index):
    """Return a response as vLLM sends it when ids and log-probabilities are asked for."""
    answered = response(index)
    body = json.loads(answered.body)
    tops = [{"token": "token_id:9", "logprob": -0.5}, {"token": "token_id:7", "logprob": -1.0}]
    content = [{"token": "token_id:9", "logprob": -0.5, "bytes": None, "top_logprobs": tops}]
    body["prompt_token_ids"] = [1, 2, 3]
    body["choices"][0] |= {"token_ids": [9], "logprobs": {"content": content}}
    answered.body = json.dumps(body).encode()
    return answered


def store_with_tokens(outbox, *records):
    job = replace(JOB, tokens=Tokens(ids=True, top_logprobs=2))
    with Outbox(outbox, job) as box:
        box.commit(records)


def token_rows(warehouse):
    files = warehouse.path.parent / "tokens" / str(RUN) / "*.parquet"
    return warehouse.query(f"from read_parquet('{files}') order by attempt_id")


def test_tokens_go_to_files_beside_the_warehouse(warehouse, outbox):
    store_with_tokens(outbox, with_tokens(0))
    ingest_outbox(warehouse, outbox, RUN)
    (row,) = token_rows(warehouse)
    assert row.pop("attempt_id") == str(JOB.key(PROMPT, 0))
    assert row == {
        "model_id": str(MODEL.model_id),
        "prompt_token_ids": [1, 2, 3],
        "token_ids": [9],
        "logprobs": [-0.5],
        "top_tokens": [["token_id:9", "token_id:7"]],
        "top_logprobs": [[-0.5, -1.0]],
    }


def test_tokens_of_a_response_are_kept_once_whatever_happens(warehouse, outbox, monkeypatch):
    store_with_tokens(outbox, with_tokens(0), with_tokens(1))
    with monkeypatch.context() as patched:  # killed when the file is there, the attempts not yet
        patched.setattr(Warehouse, "insert", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            ingest_outbox(warehouse, outbox, RUN)
    assert warehouse.query("from attempts") == []
    store_with_tokens(outbox, with_tokens(2), response(3))  # the last one tells of no tokens
    (warehouse.path.parent / "tokens" / str(RUN) / ".x.parquet.new").write_bytes(b"half")
    ingest_outbox(warehouse, outbox, RUN)
    ingest_outbox(warehouse, outbox, RUN)
    assert len(warehouse.query("from attempts")) == 4
    keys = [row["attempt_id"] for row in token_rows(warehouse)]
    assert keys == sorted(str(JOB.key(PROMPT, index)) for index in range(3))


def test_tokens_that_nobody_asked_for_are_left_out(warehouse, outbox):
    store(outbox, with_tokens(0))
    ingest_outbox(warehouse, outbox, RUN)
    assert not (warehouse.path.parent / "tokens").exists()


def test_what_can_no_longer_be_parsed_is_a_failure(warehouse, outbox):
    broken = response(0)
    broken.body = b"{"
    store(outbox, broken, response(1))
    assert ingest_outbox(warehouse, outbox, RUN) == 1
    (row,) = warehouse.query("select cause, sample_index from failures")
    assert row == {"cause": "unreadable", "sample_index": "0"}


def test_twice_changes_nothing(warehouse, outbox):
    store(outbox, response(0), response(1), failure(2))
    assert [ingest_outbox(warehouse, outbox, RUN) for _ in range(2)] == [2, 0]
    store(outbox, response(2))
    assert ingest_outbox(warehouse, outbox, RUN) == 1
    counts = [
        warehouse.query(f"select count(*) as n from {r}")[0]["n"] for r in ("attempts", "failures")
    ]
    assert counts == [3, 1]


def test_a_cursor_saves_reading_the_same_again(warehouse, outbox, monkeypatch):
    monkeypatch.setattr(ingest, "BATCH_SIZE", 2)
    cursor = Cursor()
    store(outbox, *map(response, range(5)), failure(9))
    assert ingest_outbox(warehouse, outbox, RUN, cursor) == 5
    assert (cursor.responses, cursor.failures) == (5, 1)
    store(outbox, response(5))
    assert ingest_outbox(warehouse, outbox, RUN, cursor) == 1


def test_no_outbox_holds_nothing(warehouse, outbox):
    assert ingest_outbox(warehouse, outbox, RUN) == 0
    assert not outbox.exists()


KILLED = """
import os, sys
from pathlib import Path
from uuid import UUID
from warehouse import ingest
from warehouse.database import Warehouse
path, outbox, nth = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
ingest.BATCH_SIZE = 10
insert = ingest.Warehouse.insert
calls = 0
def dying(self, relation, rows):
    global calls
    calls += 1
    if calls != nth:
        return insert(self, relation, rows)
    with self.write():
        insert(self, relation, rows)
        os.kill(os.getpid(), 9)
Warehouse.insert = dying
ingest.ingest_outbox(Warehouse(path, "ingest"), outbox, UUID(int=7))
"""


def test_kill_9_in_between_is_harmless(warehouse, outbox):
    store(outbox, *map(response, range(50)), *map(failure, range(50, 60)))
    for nth in (1, 4, 11):
        command = [sys.executable, "-c", KILLED, warehouse.path, outbox, str(nth)]
        assert subprocess.run(command, cwd=Path.cwd()).returncode == -9
    ingest_outbox(warehouse, outbox, RUN)
    assert warehouse.query(
        "select count(*) as n, count(distinct attempt_id) as d from attempts"
    ) == [{"n": 50, "d": 50}]
    assert warehouse.query("select count(*) as n from failures") == [{"n": 10}]
