"""A run whose client, server or both are killed with -9 again and again, and what came of it."""

import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from distill.sampling.stored import read_responses, read_tries
from distill.serving.probe import free_port
from tests import stub_server
from tests.distill import sampling_toys
from tests.distill.sampling_toys import toy_job, toy_requests

ROOT = Path(__file__).parent.parent.parent
# A server that is killed before it can answer, and starts slowly, is no reason to give up here.
SETTINGS = {"max_in_flight": 16, "max_tries": 1000, "stall_sec": 600}


@dataclass(frozen=True, kw_only=True)
class Crashed:
    """What a run with so many kills did."""

    num_stored: int
    num_distinct: int
    asked_after_commit: int
    """Requests for keys whose response was on the disk: none is right."""
    answered_again: int
    """Answers to keys that the server had answered before."""
    asked_again: int
    """Requests that the server got for keys that it had got a request for before."""
    counted: int
    """Requests that the outbox says brought nothing: what was asked again is among them."""
    uncounted: int
    """Requests asked again that it does not say so of: none is right."""
    oldest_lost_ms: float
    """Age at the kill of the oldest answer to the client that was not on the disk."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What was when a client was killed."""

    client: str
    at: float
    """Seconds since 1970."""
    done: set[str]
    """Messages with a response on the disk."""
    num_asked: int
    """Requests that the server had seen."""


class Stage:
    """Client and server, each in a process of its own."""

    def __init__(self, folder: Path, num_requests: int, delay: float) -> None:
        self.folder, self.outbox = folder, folder / "outbox"
        self.log = folder / "log"
        self.num_requests = num_requests
        self._delay = delay
        self._port = free_port()  # none that an outgoing connection could take meanwhile
        self.server: subprocess.Popen[str] | None = None
        self.client: subprocess.Popen[str] | None = None

    def up(self) -> None:
        """Start whichever of the two does not run."""
        if self.server is None or self.server.poll() is not None:
            options = ["--log", str(self.log), "--port", str(self._port), "--size", "2000"]
            options += ["--delay", str(self._delay), "--spread", "1", "--answers", "1"]
            self.server = self._start(stub_server.__file__, options)
            assert self.server.stdout
            assert int(self.server.stdout.readline()) == self._port
        if self.client is None or self.client.poll() is not None:
            url = f"http://127.0.0.1:{self._port}"
            words = [str(self.outbox), url, str(self.num_requests), json.dumps(SETTINGS)]
            self.client = self._start(sampling_toys.__file__, words)

    def _start(self, script: str, words: list[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, script, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
        )

    def kill(self, *victims: subprocess.Popen[str] | None) -> None:
        """Kill at one moment."""
        for victim in victims:
            if victim:
                victim.send_signal(signal.SIGKILL)
        for victim in victims:
            if victim:
                victim.wait()

    def num_asked(self) -> int:
        """Return how many requests the server has seen."""
        return self.log.read_bytes().count(b"\n") if self.log.exists() else 0

    def committed(self) -> set[bytes]:
        """Return the keys on the disk."""
        if not self.outbox.exists():
            return set()
        with closing(sqlite3.connect(self.outbox)) as connection:
            rows = connection.execute("select attempt_id from responses where rejected is null")
            return {key for (key,) in rows}


@contextmanager
def stage(folder: Path, num_requests: int, delay: float) -> Iterator[Stage]:
    here = Stage(folder, num_requests, delay)
    try:
        yield here
    finally:
        here.kill(here.client, here.server)


def crash(folder: Path, *, num_requests: int, num_kills: int, seed: int, delay: float) -> Crashed:
    """Run it to its end, with `num_kills` kills at random moments on the way."""
    rng = random.Random(seed)
    names = message_of(num_requests)
    snapshots: list[Snapshot] = []
    with stage(folder, num_requests, delay) as here:
        for _ in range(num_kills):
            here.up()
            share = num_requests // num_kills
            goal = here.num_asked() + rng.randrange(1, max(2, share))
            while here.num_asked() < goal and here.client and here.client.poll() is None:
                time.sleep(rng.uniform(0, 0.02))
            victims = rng.choice([(here.client,), (here.server,), (here.client, here.server)])
            here.kill(*victims)
            at = time.time()
            if here.client in victims:
                done = {names[key] for key in here.committed()}
                client = str(here.client.pid)
                snapshots.append(
                    Snapshot(client=client, at=at, done=done, num_asked=here.num_asked())
                )
        here.up()
        assert here.client
        while here.client.poll() is None:
            here.up()
            time.sleep(0.05)
        assert here.client.stdout
        assert here.client.returncode == 0, here.client.stdout.read()
    return report(here, snapshots)


def message_of(num_requests: int) -> dict[bytes, str]:
    messages = [f"question {i}" for i in range(num_requests)]
    keys = [request.attempt_id.bytes for request in toy_requests(toy_job(), messages)]
    return dict(zip(keys, messages, strict=True))


def report(here: Stage, snapshots: list[Snapshot]) -> Crashed:
    asked = [json.loads(line)["message"] for line in here.log.read_text().splitlines()]
    lines = here.log.with_suffix(".answers").read_text().splitlines()
    answers = [json.loads(line) for line in lines]
    wrong, oldest = 0, 0.0
    for then in snapshots:
        wrong += sum(message in then.done for message in asked[then.num_asked :])
        mine = [a for a in answers if a["client"] == then.client and a["at"] <= then.at]
        oldest = max([oldest, *(then.at - a["at"] for a in mine if a["message"] not in then.done)])
    rows = read_responses(here.outbox, limit=10**6, with_rejected=True)
    tries = read_tries(here.outbox, limit=10**6)
    names = message_of(here.num_requests)
    came_to_nothing = [*tries, *(row for row in rows if row.rejected)]
    counted = Counter(names[one.attempt_id.bytes] for one in came_to_nothing)
    again = Counter(asked) - Counter(names.values())
    stored = [row.attempt_id for row in rows if not row.rejected]
    return Crashed(
        num_stored=len(stored),
        num_distinct=len({*stored}),
        asked_after_commit=wrong,
        answered_again=len(answers) - len({answer["message"] for answer in answers}),
        asked_again=again.total(),
        counted=counted.total(),
        uncounted=(again - counted).total(),
        oldest_lost_ms=1000 * oldest,
    )


def bodies(outbox: Path) -> dict[UUID, bytes]:
    return {row.attempt_id: row.body for row in read_responses(outbox, limit=10**6)}
