"""Several servers that come, go, stall, die, are started again, and say how much they take."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from distill.config.prompts import Requests
from distill.errors import UserError
from distill.sampling import asking, watch
from distill.sampling.engine import sample
from distill.sampling.report import SampleReport
from distill.sampling.stored import read_failures, read_responses, read_tries
from tests import stub_server
from tests.distill.sampling_toys import ToyEndpoint, ask_all, nothing, toy_job, toy_requests
from tests.stub_server import Server, running


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "BACKOFF_SEC", 0.01)
    monkeypatch.setattr(watch, "ROSTER_SEC", 0.2)
    monkeypatch.setattr(watch, "LOOK_SEC", 0.1)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    with (
        running(tmp_path / "first", delay=0.05) as first,
        running(tmp_path / "second", delay=0.05) as second,
    ):
        yield first, second


def servers_of(outbox: Path) -> Counter[str]:
    return Counter(stored.server for stored in read_responses(outbox, limit=10_000))


def endpoint(server: Server, label: str, **more: object) -> ToyEndpoint:
    return ToyEndpoint(base_url=f"{server.url}/v1", label=label, **more)  # type: ignore[arg-type]


def test_servers_come_and_go_while_a_run_goes_on(
    two: tuple[Server, Server], tmp_path: Path
) -> None:
    first, second = (endpoint(server, label) for server, label in zip(two, "ab", strict=True))
    listed, job = [first], toy_job()

    def swap(so_far: SampleReport) -> None:
        if so_far.num_ok >= 100 and second not in listed:
            listed.append(second)
        if so_far.num_ok >= 250 and first in listed:
            listed.remove(first)

    report = sample(
        toy_requests(job, [f"moving {i}" for i in range(600)]),
        job=job,
        endpoints=lambda: list(listed),  # type: ignore[arg-type]
        outbox=tmp_path / "o",
        existing=nothing,
        settings=Requests(max_in_flight=8),
        on_progress=swap,
    )
    assert report.num_ok == 600
    rows = read_responses(tmp_path / "o", limit=1000)
    order = [row.server for row in rows]
    assert set(order[:80]) == {"a"}
    assert set(order[-80:]) == {"b"}
    assert set(two[0].asked().values()) | set(two[1].asked().values()) == {1}


def test_a_stalled_server_loses_its_requests_to_the_other(
    two: tuple[Server, Server], tmp_path: Path
) -> None:
    two[0].control(hang=True)
    messages = [f"stalls {i}" for i in range(40)]
    report = ask_all([server.url for server in two], tmp_path / "o", messages, stall_sec=0.6)
    assert (report.num_ok, report.num_failed) == (40, 0)
    assert servers_of(tmp_path / "o") == {"stub1": 40}
    tries = Counter(row.num_tries for row in read_responses(tmp_path / "o"))
    assert tries[2] >= 8  # those that were with the stalled one


def test_tokens_that_a_stalled_server_did_not_make_are_given_back(
    two: tuple[Server, Server], tmp_path: Path
) -> None:
    two[0].control(hang=True)
    job = toy_job(max_tokens=5_000)
    # room for one guess at a time: 5,000 that stayed taken would hold up the next for five seconds
    settings = {"stall_sec": 0.6, "tokens_per_minute": 30_000, "one_account": True, "job": job}
    begun = time.monotonic()
    report = ask_all([server.url for server in two], tmp_path / "o", ["a", "b", "c"], **settings)
    assert report.num_ok == 3
    assert read_tries(tmp_path / "o")[0].cause == "stalled"
    assert time.monotonic() - begun < 4


def start_stub(log: Path, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, stub_server.__file__, "--log", str(log), "--port", str(port)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()  # it is up
    return process


def test_a_server_that_the_run_owns_is_started_again(tmp_path: Path) -> None:
    started: list[subprocess.Popen[bytes]] = []
    job = toy_job()
    with running(tmp_path / "first") as server:
        port = int(server.url.rpartition(":")[2])

        def restart() -> None:
            server.process.kill()
            server.process.wait()
            started.append(start_stub(tmp_path / "second", port))

        server.control(hang=True)
        report = sample(
            toy_requests(job, [f"again {i}" for i in range(20)]),
            job=job,
            endpoints=[endpoint(server, "own", restart=restart)],  # type: ignore[list-item]
            outbox=tmp_path / "o",
            existing=nothing,
            settings=Requests(max_in_flight=8, stall_sec=0.6),
        )
    for process in started:
        process.kill()
    assert (len(started), report.num_ok, report.num_failed) == (1, 20, 0)


def test_a_server_that_does_not_come_up_again_says_why(tmp_path: Path) -> None:
    job = toy_job()

    def restart() -> None:
        raise UserError("server of model 'toy' ended by itself: no memory")

    with running(tmp_path / "log") as server:
        server.control(hang=True)
        with pytest.raises(UserError, match="no memory"):
            sample(
                toy_requests(job, ["a", "b"]),
                job=job,
                endpoints=[endpoint(server, "own", restart=restart)],  # type: ignore[list-item]
                outbox=tmp_path / "o",
                existing=nothing,
                settings=Requests(stall_sec=0.5),
            )
    assert read_failures(tmp_path / "o") == []


def test_without_metrics_silence_counts_from_the_deadline_on(tmp_path: Path) -> None:
    with running(tmp_path / "log", delay=1.2) as server:
        server.control(metrics=False)
        report = ask_all(server.url, tmp_path / "o", ["slow"], stall_sec=0.3, timeout_sec=3)
        assert report.num_ok == 1
        server.control(hang=True)
        with pytest.raises(UserError, match="no /metrics to look at"):
            ask_all(server.url, tmp_path / "o", ["hung"], stall_sec=0.3, timeout_sec=2.5)


def test_a_failing_server_is_left_alone(two: tuple[Server, Server], tmp_path: Path) -> None:
    two[0].control(refuse=503)
    messages = [f"broken {i}" for i in range(200)]
    report = ask_all([server.url for server in two], tmp_path / "o", messages)
    assert (report.num_ok, report.num_failed) == (200, 0)
    # those that were under way when it opened, and one now and then to see whether it is back
    assert sum(two[0].asked().values()) <= 30


def test_one_request_tells_whether_a_server_is_back(tmp_path: Path) -> None:
    with running(tmp_path / "log") as server:
        server.control(refuse=503)
        messages = [f"down {i}" for i in range(64)]
        settings = {"max_in_flight": None, "max_tries": 100, "stall_sec": 2.5}
        with pytest.raises(UserError, match="http-503"):
            ask_all(server.url, tmp_path / "o", messages, **settings)
        assert 64 < len(server.requests()) <= 64 + 20  # and not 64 each time


def test_a_queue_told_on_metrics_is_kept_short(tmp_path: Path) -> None:
    with running(tmp_path / "log", delay=0.1, batch=40) as server:
        messages = [f"queued {i}" for i in range(900)]
        report = ask_all(server.url, tmp_path / "o", messages, max_in_flight=None)
        assert report.num_ok == 900
        assert server.peak() == 256  # what a server that tells its queue is given at first
        ask_all(server.url, tmp_path / "o", [f"more {i}" for i in range(400)], max_in_flight=None)


@pytest.mark.parametrize("num_servers", [1, 2])
def test_limits_of_a_recipe_are_kept(
    two: tuple[Server, Server], tmp_path: Path, num_servers: int
) -> None:
    urls = [server.url for server in two[:num_servers]]
    settings = {"requests_per_minute": 600, "max_in_flight": None, "one_account": True}
    begun = time.monotonic()
    ask_all(urls, tmp_path / "o", [f"limited {i}" for i in range(70)], **settings)
    # 50 at once are five seconds' worth; the other 20 come at ten a second
    assert 1.9 <= time.monotonic() - begun < 6
    assert servers_of(tmp_path / "o").total() == 70
    assert len(servers_of(tmp_path / "o")) == num_servers


def test_limits_of_the_answers_are_kept(tmp_path: Path) -> None:
    with running(tmp_path / "log") as server:
        headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "700ms"}
        server.control(headers=headers)
        begun = time.monotonic()
        ask_all(server.url, tmp_path / "o", ["one", "two", "three"], max_in_flight=1)
    assert time.monotonic() - begun >= 1.4


def test_a_run_that_waits_as_it_was_told_does_not_stall(tmp_path: Path) -> None:
    with running(tmp_path / "log") as server:
        headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "2s"}
        server.control(headers=headers)
        report = ask_all(server.url, tmp_path / "o", ["1", "2"], max_in_flight=1, stall_sec=0.6)
    assert (report.num_ok, report.num_failed) == (2, 0)
