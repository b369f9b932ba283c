"""The engine against a stub server: what is stored, what is asked again, and when it stops."""

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID

import pytest

from distill.errors import UserError
from distill.sampling import asking
from distill.sampling.feed import CHUNK
from distill.sampling.parse import parse_response
from distill.sampling.report import SampleReport
from distill.sampling.stored import read_failures, read_responses
from tests.distill.sampling_toys import ask_all, toy_job, toy_requests
from tests.stub_server import Server, completion, encoded, running

SIZE = 300


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("stub") / "log", size=SIZE) as server:
        yield server


@pytest.fixture(scope="module")
def slow_stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("slow") / "log", size=SIZE, delay=1.5) as server:
        yield server


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "BACKOFF_SEC", 0.01)


def texts(outbox: Path) -> Counter[str]:
    """The stored texts, by prompt."""
    return Counter(
        parse_response(stored.body, think_open=False).text
        for stored in read_responses(outbox, limit=10_000)
    )


def expected(messages: list[str]) -> Counter[str]:
    contents = [completion(m, SIZE)["choices"][0]["message"]["content"] for m in messages]
    return Counter(contents)


def rejected(outbox: Path) -> list[tuple[str, int]]:
    with sqlite3.connect(outbox) as connection:
        statement = "select rejected, length(body) from responses where rejected is not null"
        return list(connection.execute(statement))


def test_every_request_is_asked_once_and_never_again(stub: Server, tmp_path: Path) -> None:
    messages = [f"once {i}" for i in range(700)]  # more than a chunk of the feed
    outbox = tmp_path / "o"
    report = ask_all(stub.url, outbox, [*messages, *messages])
    assert report.num_ok == 700
    assert texts(outbox) == expected(messages)
    again = ask_all(stub.url, outbox, [*messages, "once more"])
    assert (again.num_requested, again.num_found, again.num_ok) == (701, 700, 1)
    asked = stub.asked()
    assert {asked[message] for message in messages} == {1}


def test_what_the_warehouse_has_is_not_asked_for(stub: Server, tmp_path: Path) -> None:
    there = {request.attempt_id for request in toy_requests(toy_job(), ["known 0", "known 1"])}
    report = ask_all(
        stub.url, tmp_path / "o", [f"known {i}" for i in range(3)], existing=there.intersection
    )
    assert (report.num_found, report.num_ok) == (2, 1)
    assert stub.asked()["known 0"] == 0


def test_requests_are_taken_lazily(stub: Server, tmp_path: Path) -> None:
    num_taken, num_answered = 0, 0
    ahead: list[int] = []

    def messages() -> Iterator[str]:
        nonlocal num_taken
        for i in range(4 * CHUNK):
            num_taken += 1
            yield f"lazy {i}"

    def existing(keys: Sequence[UUID]) -> set[UUID]:
        ahead.append(num_taken - num_answered)
        return set()

    def show(report: SampleReport) -> None:
        nonlocal num_answered
        num_answered = report.num_answered

    ask_all(stub.url, tmp_path / "o", messages(), existing=existing, on_progress=show)
    assert num_answered == 4 * CHUNK
    assert max(ahead) <= 3 * CHUNK


PASSING = ["408", "429", "500", "503", "half", "empty", "latin1", "error200", "abort", "huge"]


@pytest.mark.parametrize("fault", [*PASSING, "cut", "reset"])
def test_passing_faults_are_asked_again(stub: Server, tmp_path: Path, fault: str) -> None:
    message = f"passing !{fault}*2"
    report = ask_all(stub.url, tmp_path / "o", [message])
    assert (report.num_ok, report.num_failed) == (1, 0)
    assert texts(tmp_path / "o") == expected([message])
    assert read_responses(tmp_path / "o")[0].num_tries == 3
    assert stub.asked()[message] == 3


def test_a_body_that_is_no_response_is_kept(stub: Server, tmp_path: Path) -> None:
    report = ask_all(stub.url, tmp_path / "o", ["kept !half !empty !cut !huge"])
    assert (report.num_ok, report.num_rejected) == (1, 4)
    half, empty, cut, huge = rejected(tmp_path / "o")
    whole = len(encoded(completion("kept !half !empty !cut !huge", SIZE)))
    assert (half[1], empty[1], cut[1], huge[1]) == (whole // 2, 0, whole // 2, 10 * 2**20)
    assert "not JSON" in half[0]
    assert "not JSON" in empty[0]
    assert "connection broke" in cut[0]
    assert "body over" in huge[0]


def test_lasting_faults_end_in_failures(stub: Server, tmp_path: Path) -> None:
    messages = ["fine", "lasting !500*9", "bad !400*9", "long !context*9", "torn !half*9"]
    report = ask_all(stub.url, tmp_path / "o", messages, max_tries=3)
    assert (report.num_ok, report.num_failed) == (1, 4)
    failures = {f.cause: (f.num_tries, f.message) for f in read_failures(tmp_path / "o")}
    assert failures.pop("no-response")[0] == 3
    assert failures == {
        "http-500": (3, "no"),
        "http-400": (1, "no"),
        "context-length": (1, "This model's maximum context length is 8"),
    }
    again = ask_all(stub.url, tmp_path / "o", ["fine", "lasting !500*9"], max_tries=9)
    assert (again.num_found, again.num_ok) == (1, 1)  # what failed is asked for again


def test_a_missed_deadline_is_a_fault(stub: Server, tmp_path: Path) -> None:
    report = ask_all(stub.url, tmp_path / "o", ["late !hang", "fine"], timeout_sec=0.5)
    assert report.num_ok == 2
    assert stub.asked()["late !hang"] == 2


def test_length_is_an_outcome_and_not_asked_again(stub: Server, tmp_path: Path) -> None:
    messages = ["cut short !length", "unwilling !refusal", "torn apart !surrogate"]
    report = ask_all(stub.url, tmp_path / "o", messages)
    assert (report.num_ok, report.num_length, report.num_refused) == (1, 1, 1)
    assert report.num_answered == 3
    assert ask_all(stub.url, tmp_path / "o", messages).num_found == 3
    asked = stub.asked()
    assert {asked[message] for message in messages} == {1}
    assert texts(tmp_path / "o")["a\ufffdb"] == 1


def test_retry_after_is_honoured(stub: Server, tmp_path: Path) -> None:
    begun = time.monotonic()
    assert ask_all(stub.url, tmp_path / "o", ["wait !429-wait"], stall_sec=0.5).num_ok == 1
    assert time.monotonic() - begun >= 1


@pytest.mark.parametrize("num", [3, 40])
def test_a_run_whose_requests_all_fail_alike_stops(stub: Server, tmp_path: Path, num: int) -> None:
    messages = [f"hopeless {num} {i} !404" for i in range(num)]
    with pytest.raises(
        UserError, match=r"server stub0: the first \d+ requests all failed with http-404 \(no\)"
    ):
        ask_all(stub.url, tmp_path / "o", messages, max_in_flight=2)
    asked = stub.asked()
    assert sum(asked[message] for message in messages) <= 11
    assert len(read_failures(tmp_path / "o")) in (3, 10, 11)


def test_long_prompts_do_not_stop_a_run(stub: Server, tmp_path: Path) -> None:
    messages = [*(f"long {i} !context*9" for i in range(20)), "short"]
    report = ask_all(stub.url, tmp_path / "o", messages, max_in_flight=1)
    assert (report.num_failed, report.num_ok) == (20, 1)


def test_failures_after_a_success_do_not_stop_a_run(stub: Server, tmp_path: Path) -> None:
    assert ask_all(stub.url, tmp_path / "o", ["good"]).num_ok == 1
    messages = ["good", *(f"good {i} !400" for i in range(20))]
    report = ask_all(stub.url, tmp_path / "o", messages)
    assert (report.num_found, report.num_failed) == (1, 20)


def test_requests_go_where_the_fewest_are_in_flight(tmp_path: Path) -> None:
    with (
        running(tmp_path / "a", delay=0.01) as fast,
        running(tmp_path / "b", delay=0.1) as slow,
    ):
        outbox, messages = tmp_path / "o", [f"shared {i}" for i in range(200)]
        report = ask_all([fast.url, slow.url], outbox, messages, max_in_flight=4)
        assert report.num_ok == 200
        servers = Counter(stored.server for stored in read_responses(outbox))
        assert servers["stub0"] > 3 * servers["stub1"] > 0
        assert sum(fast.asked().values()) == servers["stub0"]


def test_one_dead_server_of_two_costs_no_tries(stub: Server, tmp_path: Path) -> None:
    messages = [f"half dead {i}" for i in range(50)]
    report = ask_all(["http://127.0.0.1:1", stub.url], tmp_path / "o", messages)
    assert (report.num_ok, report.num_failed) == (50, 0)
    assert {stored.num_tries for stored in read_responses(tmp_path / "o")} == {1}


def test_a_server_that_is_gone_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"stub0: not to be reached for .* x unreachable"):
        ask_all("http://127.0.0.1:1", tmp_path / "o", ["x"] * 20, stall_sec=0.6)
    assert read_failures(tmp_path / "o") == []


def test_a_server_that_comes_back_is_waited_for(tmp_path: Path) -> None:
    with running(tmp_path / "first") as server:
        port = int(server.url.rpartition(":")[2])
    reports: list[SampleReport] = []
    messages = [f"back {i}" for i in range(20)]
    client = threading.Thread(
        target=lambda: reports.append(ask_all(server.url, tmp_path / "o", messages, max_tries=1))
    )
    client.start()
    time.sleep(0.3)
    with running(tmp_path / "second", port=port):
        client.join()
    assert [(report.num_ok, report.num_failed) for report in reports] == [(20, 0)]


def test_a_stall_stops_the_run_and_says_what_was_seen(slow_stub: Server, tmp_path: Path) -> None:
    slow_stub.control(grow=False)
    with pytest.raises(
        UserError, match=r"stub0: 8 requests in flight, no response for .*, no new tokens on /metr"
    ):
        ask_all(slow_stub.url, tmp_path / "o", [f"stall {i}" for i in range(9)], stall_sec=0.6)


def test_new_tokens_are_a_sign_of_life(slow_stub: Server, tmp_path: Path) -> None:
    slow_stub.control(grow=True)
    assert ask_all(slow_stub.url, tmp_path / "o", ["slow but steady"], stall_sec=0.6).num_ok == 1


def test_an_idle_run_does_not_stall(stub: Server, tmp_path: Path) -> None:
    def slowly(keys: Sequence[UUID]) -> set[UUID]:
        time.sleep(0.8)
        return set()

    assert ask_all(stub.url, tmp_path / "o", ["idle"], existing=slowly, stall_sec=0.3).num_ok == 1


def test_a_parser_that_breaks_loses_no_response(
    stub: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(body: bytes, *, think_open: bool) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(asking, "glance", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        ask_all(stub.url, tmp_path / "o", [f"paid {i}" for i in range(5)])
    monkeypatch.undo()
    paid = len(read_responses(tmp_path / "o"))
    asked = stub.asked()
    assert paid == sum(asked[f"paid {i}"] for i in range(5)) > 0


def test_errors_of_the_caller_come_through(stub: Server, tmp_path: Path) -> None:
    def broken(*_: object) -> set[UUID]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask_all(stub.url, tmp_path / "o", ["a"], existing=broken)
    with pytest.raises(ZeroDivisionError):
        ask_all(stub.url, tmp_path / "o", ["a"], on_progress=broken)


def test_a_clock_that_jumps_changes_nothing(
    stub: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true_time, num_calls = time.time, 0

    def jumping() -> float:
        nonlocal num_calls
        num_calls += 1
        return true_time() + 86_400 * (-1) ** num_calls

    monkeypatch.setattr("time.time", jumping)
    messages = [*(f"jump {i}" for i in range(50)), "jump !500*2", "jump !429-wait"]
    report = ask_all(stub.url, tmp_path / "o", messages, stall_sec=5)
    assert (report.num_ok, report.num_failed) == (52, 0)
    rows = read_responses(tmp_path / "o", limit=100)
    assert all(0 <= row.latency_sec < 5 for row in rows)
    assert ask_all(stub.url, tmp_path / "o", messages).num_found == 52
