import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from distill.errors import UserError
from distill.sampling import outbox as outbox_module
from distill.sampling.outbox import Asked, Failure, Outbox, Response, Try
from distill.sampling.requests import AttemptRequest
from distill.sampling.stored import read_failures, read_responses, read_tries
from tests.distill.sampling_toys import toy_job, toy_requests

JOB = toy_job(prefill="<think>\n")
FIRST, SECOND, THIRD = toy_requests(JOB, ["a", "b", "c"])


def response(request: AttemptRequest, body: bytes = b"{}", **more: Any) -> Response:
    facts = {"server": "here", "num_tries": 1, "started": 1e9, "latency_sec": 2.5} | more
    return Response(request=request, body=body, **facts)


def test_what_is_committed_comes_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "run" / "outbox.sqlite"
    failure = Failure(request=THIRD, cause="http-500", message="no", num_tries=5, at=1e9)
    with Outbox(path, JOB) as outbox:
        outbox.commit([response(FIRST, b"\xff\x00"), failure, response(SECOND, num_tries=2)])
        assert outbox.existing([FIRST.attempt_id, THIRD.attempt_id]) == {FIRST.attempt_id}
    first, second = read_responses(path)
    assert (first.attempt_id, first.prompt_id) == (FIRST.attempt_id, FIRST.prompt_id)
    assert (first.model_id, first.sampling_id) == (JOB.model.model_id, JOB.sampling_id)
    assert (first.stream, first.sample_index, first.think_open) == ("test", 0, True)
    assert (first.body, first.server, first.num_tries) == (b"\xff\x00", "here", 1)
    assert (first.started.timestamp(), first.finished.timestamp()) == (1e9, 1e9 + 2.5)
    assert [stored.seq for stored in read_responses(path, after=first.seq)] == [second.seq]
    assert second.num_tries == 2
    (failed,) = read_failures(path)
    assert (failed.attempt_id, failed.cause, failed.num_tries) == (THIRD.attempt_id, "http-500", 5)


def test_a_rejected_body_is_kept_but_answers_nothing(tmp_path: Path) -> None:
    path = tmp_path / "o"
    with Outbox(path, JOB) as outbox:
        outbox.commit([response(FIRST, b"half", rejected="not JSON")])
        assert outbox.existing([FIRST.attempt_id]) == set()
        outbox.commit([response(FIRST, b"whole"), response(FIRST, b"a second one")])
    assert [stored.body for stored in read_responses(path)] == [b"whole"]
    with sqlite3.connect(path) as connection:
        rows = connection.execute("select rejected, body from responses order by seq").fetchall()
    assert rows == [("not JSON", b"half"), (None, b"whole")]


def test_what_nothing_came_of_is_lost_when_the_session_ends(tmp_path: Path) -> None:
    path = tmp_path / "o"

    def asked(request: AttemptRequest, started: float = 1e9) -> Asked:
        return Asked(request=request, server="here", started=started)

    outbox = Outbox(path, JOB)
    tried = Try(request=SECOND, server="here", cause="http-503", started=1e9, latency_sec=1.0)
    outbox.commit([asked(FIRST), asked(SECOND), tried, asked(SECOND, 2e9), asked(THIRD)])
    outbox.commit([response(FIRST)])
    assert [stored.cause for stored in read_tries(path)] == ["http-503"]
    outbox.close()  # as the next one to open it does after kill -9
    lost = [(stored.attempt_id, stored.started.timestamp()) for stored in read_tries(path)[1:]]
    assert lost == [(SECOND.attempt_id, 2e9), (THIRD.attempt_id, 1e9)]
    Outbox(path, JOB).close()
    assert len(read_tries(path)) == 3


def test_jobs_of_one_run_share_an_outbox(tmp_path: Path) -> None:
    other = toy_job(temperature=0.0)
    (request,) = toy_requests(other, ["a"])
    for job, asked in [(JOB, FIRST), (other, request), (JOB, SECOND)]:
        with Outbox(tmp_path / "o", job) as outbox:
            outbox.commit([response(asked)])
    ids = [stored.sampling_id for stored in read_responses(tmp_path / "o")]
    assert ids == [JOB.sampling_id, other.sampling_id, JOB.sampling_id]


def test_a_second_client_is_told_who_the_first_is(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o", JOB), pytest.raises(UserError, match=f"process {os.getpid()} is"):
        Outbox(tmp_path / "o", JOB)
    Outbox(tmp_path / "o", JOB).close()


def test_an_outbox_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o", JOB) as outbox:
        outbox.commit([response(FIRST)])
        assert len(read_responses(tmp_path / "o")) == 1


def test_another_file_is_no_outbox(tmp_path: Path) -> None:
    path = tmp_path / "o"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(UserError, match="Move the file away"):
        Outbox(path, JOB)
    with pytest.raises(UserError, match="Move the file away"):
        read_responses(path)
    with pytest.raises(UserError, match="unable to open"):
        read_responses(tmp_path / "nothing")


def test_a_nearly_full_disk_is_refused_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "RESERVE_BYTES", 2**60)
    with pytest.raises(UserError, match="MiB are left on the disk"):
        Outbox(tmp_path / "o", JOB)
    monkeypatch.undo()
    Outbox(tmp_path / "o", JOB).close()
