"""The engine killed, interrupted, run twice, out of disk: nothing committed is lost."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from distill.errors import UserError
from distill.sampling import outbox as outbox_module
from distill.sampling.stored import StoredResponse, read_failures, read_responses
from tests.distill import sampling_toys
from tests.distill.crashing import bodies, crash, message_of
from tests.distill.sampling_toys import ask_all, toy_job, toy_requests
from tests.small_disk import enlarge
from tests.small_disk import small_disk as tmpfs
from tests.stub_server import Server, completion, encoded, running

ROOT = Path(__file__).parent.parent.parent


@contextmanager
def client(
    server: Server, outbox: Path, num: int, **settings: Any
) -> Iterator[subprocess.Popen[str]]:
    """Run the engine in a process of its own on `question 0` to `question num - 1`."""
    command = [sys.executable, sampling_toys.__file__, str(outbox), server.url, str(num)]
    with subprocess.Popen(
        [*command, json.dumps(settings)], stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    while not condition() and process.poll() is None:
        time.sleep(0.005)


def stored(outbox: Path) -> list[StoredResponse]:
    return read_responses(outbox, limit=10_000) if outbox.exists() else []


def named(messages: list[str]) -> dict[UUID, str]:
    keys = [request.attempt_id for request in toy_requests(toy_job(), messages)]
    return dict(zip(keys, messages, strict=True))


def test_killed_at_random_moments_nothing_is_lost_or_asked_again(tmp_path: Path) -> None:
    num = 300
    seen = crash(tmp_path, num_requests=num, num_kills=8, seed=7, delay=0.03)
    assert (seen.num_stored, seen.num_distinct) == (num, num)  # no holes, no duplicates
    assert seen.asked_after_commit == 0
    # what was with the server at a kill, and what it answered in the last 100 ms, is asked again
    assert 0 < seen.asked_again <= 8 * 16 * 5
    assert seen.uncounted == 0
    assert seen.counted - seen.asked_again <= 8 * 16  # a kill came before the server saw them
    assert seen.oldest_lost_ms < 5000  # 100 on a disk that is not busy: tests/bench/engine_crash
    expected = {UUID(bytes=k): encoded(completion(m, 2_000)) for k, m in message_of(num).items()}
    assert bodies(tmp_path / "outbox") == expected


def test_ctrl_c_drains_what_is_in_flight(tmp_path: Path) -> None:
    with running(tmp_path / "log", delay=0.5) as server:
        with client(server, tmp_path / "o", 100) as process:
            wait_until(lambda: len(server.requests()) >= 12, process)
            process.send_signal(signal.SIGINT)
            assert process.wait() == 130
        assert len(stored(tmp_path / "o")) == len(server.requests()) == 16
        with client(server, tmp_path / "o", 24) as process:
            assert process.wait() == 0
        assert set(server.asked().values()) == {1}
        assert len(stored(tmp_path / "o")) == 24


def test_a_second_ctrl_c_stops_at_once(tmp_path: Path) -> None:
    with (
        running(tmp_path / "log", delay=0.05) as server,
        client(server, tmp_path / "o", 500, drain_sec=60) as process,
    ):
        wait_until(lambda: len(stored(tmp_path / "o")) >= 8, process)
        server.control(hang=True)
        wait_until(lambda: sum(r["action"] == "hang" for r in server.requests()) == 8, process)
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 130
        assert len(stored(tmp_path / "o")) == len(server.requests()) - 8
    assert read_failures(tmp_path / "o") == []


def test_draining_has_a_limit(tmp_path: Path) -> None:
    with running(tmp_path / "log") as server:
        server.control(hang=True)
        with client(server, tmp_path / "o", 50, drain_sec=0.3) as process:
            wait_until(lambda: len(server.requests()) == 8, process)
            process.send_signal(signal.SIGINT)
            assert process.wait(5) == 130


def test_a_second_client_is_refused(tmp_path: Path) -> None:
    with running(tmp_path / "log", delay=1.5) as server:
        with client(server, tmp_path / "o", 20) as first:
            wait_until(lambda: len(server.requests()) >= 1, first)
            with client(server, tmp_path / "o", 20) as second:
                assert second.wait() == 2
                assert second.stdout
                assert f"process {first.pid} is sampling into it" in second.stdout.read()
            assert first.wait() == 0
        assert set(server.asked().values()) == {1}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB."""
    with tmpfs(tmp_path / "disk", 4) as disk:
        yield disk


MESSAGES = [f"much {i}" for i in range(400)]


def test_a_disk_that_fills_up_stops_the_run_in_time(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "RESERVE_BYTES", 2 * 2**20)
    with running(tmp_path / "log", size=20_000, delay=0.01) as server:
        with pytest.raises(UserError, match="MiB are left on the disk"):
            ask_all(server.url, small_disk / "o", MESSAGES)
        assert len(stored(small_disk / "o")) == len(server.requests()) > 10  # nothing is lost


def test_a_full_disk_loses_nothing_that_was_committed(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "RESERVE_BYTES", 0)
    outbox = small_disk / "o"
    with running(tmp_path / "log", size=20_000, delay=0.01) as server:
        with pytest.raises(UserError, match=r"full\. Make room .* could not be stored"):
            ask_all(server.url, outbox, MESSAGES)
        before, asked_then = {row.attempt_id for row in stored(outbox)}, server.asked()
        assert 0 < len(before) < 400
        enlarge(small_disk, 64)
        report = ask_all(server.url, outbox, MESSAGES)
        assert (report.num_found, report.num_ok) == (len(before), 400 - len(before))
        asked = server.asked()
    names = named(MESSAGES)
    assert all(asked[names[key]] == asked_then[names[key]] == 1 for key in before)
    assert len(stored(outbox)) == 400
