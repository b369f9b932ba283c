import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from distill.errors import UserError
from distill.sampling import outbox as outbox_module
from distill.sampling.inflight import InFlight, read_in_flight
from distill.sampling.outbox import Failure, Outbox, Response, Try, settle
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


def tried(request: AttemptRequest, cause: str) -> Try:
    return Try(request=request, server="here", cause=cause, started=1e9, latency_sec=1.0)


def lost(path: Path) -> list[tuple[str, float]]:
    names = {
        request.attempt_id: name
        for request, name in zip((FIRST, SECOND, THIRD), "abc", strict=True)
    }
    tries = [stored for stored in read_tries(path) if stored.cause == "lost"]
    return sorted((names[stored.attempt_id], stored.started.timestamp()) for stored in tries)


def test_what_nothing_came_of_is_lost_when_the_session_ends(tmp_path: Path) -> None:
    path = tmp_path / "o"
    outbox = Outbox(path, JOB)
    for request, started in [(FIRST, 1e9), (SECOND, 1e9), (SECOND, 2e9), (THIRD, 1e9)]:
        outbox.asked(request, "here", started)
    outbox.commit([tried(SECOND, "http-503"), response(FIRST)])
    assert lost(path) == []
    outbox.close()
    assert lost(path) == [("b", 2e9), ("c", 1e9)]
    Outbox(path, JOB).close()
    assert len(read_tries(path)) == 3


KILLED = """
import os, signal, sys
from pathlib import Path
from distill.sampling.outbox import Outbox
from tests.distill.test_sampling_outbox import FIRST, JOB, SECOND, THIRD

outbox = Outbox(Path(sys.argv[1]), JOB)
slots = [outbox.asked(request, "here", 1e9) for request in (FIRST, SECOND, THIRD)]
outbox.came(slots[1:2])  # it never went out
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("by", [settle, lambda path: Outbox(path, JOB).close()])
def test_what_goes_out_is_known_to_whoever_comes_after_a_kill(
    tmp_path: Path, by: Callable[[Path], None]
) -> None:
    path, root = tmp_path / "o", Path(__file__).parent.parent.parent
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=root, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert lost(path) == []
    left = path.with_name("o-inflight").read_bytes()
    for _ in range(2):  # killed once more, between counting and forgetting
        by(path)
        assert lost(path) == [("a", 1e9), ("c", 1e9)]
        path.with_name("o-inflight").write_bytes(left)


def test_more_in_flight_than_ever_before_find_room(tmp_path: Path) -> None:
    path = tmp_path / "in flight"
    file = InFlight(path)
    rows = [(UUID(int=n), UUID(int=0), 1, f"{n}+1", "s" * 300, n / 7) for n in range(1000)]
    slots = [file.note(row) for row in rows]
    file.free(slots[:400])
    size = path.stat().st_size
    again = [file.note(row) for row in rows[:300]]
    assert (len({*slots}), {*again} <= {*slots[:400]}, path.stat().st_size) == (1000, True, size)
    file.sync()
    file.close()
    path.write_bytes(path.read_bytes() + b'[torn "\n')
    there = {row[0].int: row for row in read_in_flight(path)}
    assert sorted(there) == [*range(300), *range(400, 1000)]
    assert there[999] == (UUID(int=999), UUID(int=0), 1, "999+1", "s" * 90, 999 / 7)


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
