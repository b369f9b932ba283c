"""How much of what client and disk can do the engine keeps: responses a second, stored for good.

In one run, alternating: the HTTP client alone, the outbox alone, the engine. Bodies hold 20 KB of
text, 1,024 different ones, without token ids and with 5,000 each; 256 are in flight.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import aiohttp

from distill.sampling.client import client_session
from distill.sampling.engine import loop_factory
from distill.sampling.outbox import Outbox, Response
from distill.sampling.requests import AttemptRequest
from distill.sampling.stored import read_responses
from tests.bench.figure import Figure
from tests.distill.sampling_toys import ask_all, toy_job, toy_requests
from tests.stub_server import Server, running

NUM_REQUESTS = 8_000
IN_FLIGHT = 256
ROUNDS = 3
JOB = toy_job()
SCRATCH = Path(__file__).parent.parent.parent / ".bench"  # a disk, where /tmp may be memory


def measure() -> Iterator[Figure]:
    """Yield the engine's rate beside the smaller of the two others', by the size of bodies."""
    SCRATCH.mkdir(exist_ok=True)
    for name, num_ids in [("stored_responses", 0), ("stored_responses_5000_ids", 5_000)]:
        with tempfile.TemporaryDirectory(dir=SCRATCH) as folder, running(
            Path(folder) / "log", size=20_000, delay=0.05, spread=1, ids=num_ids
        ) as server:  # fmt: skip
            ask_all(server.url, Path(folder) / "warm", questions("warm"), max_in_flight=IN_FLIGHT)
            rounds = [one_round(server, Path(folder), number) for number in range(ROUNDS)]
        client, outbox, engine = (median(rates) for rates in zip(*rounds, strict=True))
        yield Figure(
            name=name,
            group="engine",
            value=engine,
            unit="responses/s",
            peer=f"min(bare client {client:,.0f}, bare outbox {outbox:,.0f})",
            peer_value=min(client, outbox),
            target=0.6,
        )


def questions(name: str) -> list[str]:
    return [f"{name} {i}" for i in range(NUM_REQUESTS)]


def one_round(server: Server, folder: Path, number: int) -> tuple[float, float, float]:
    """Return the rates of the bare client, the bare outbox and the engine."""
    messages = questions(f"round {number}")
    requests = list(toy_requests(JOB, messages))
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        begun = time.perf_counter()
        bodies = runner.run(bare_client(server.url, requests))
        client = NUM_REQUESTS / (time.perf_counter() - begun)
    outbox = bare_outbox(folder / f"bare-{number}", requests, list(bodies.values()))
    path = folder / f"engine-{number}"
    begun = time.perf_counter()
    ask_all(server.url, path, messages, max_in_flight=IN_FLIGHT)
    engine = NUM_REQUESTS / (time.perf_counter() - begun)
    stored = {row.attempt_id: row.body for row in read_responses(path, limit=NUM_REQUESTS)}
    if stored != bodies:
        raise AssertionError("the outbox does not hold what the server sent")
    return client, outbox, engine


async def bare_client(url: str, requests: list[AttemptRequest]) -> dict[object, bytes]:
    """Ask and keep nothing but the bodies."""
    bodies: dict[object, bytes] = {}
    waiting = iter(requests)

    async def work(session: aiohttp.ClientSession) -> None:
        for request in waiting:
            data = json.dumps({"model": "stub", "messages": request.messages}).encode()
            async with session.post(f"{url}/v1/chat/completions", data=data) as response:
                bodies[request.attempt_id] = await response.read()

    async with client_session(60) as session:
        await asyncio.gather(*(work(session) for _ in range(IN_FLIGHT)))
    return bodies


def bare_outbox(path: Path, requests: list[AttemptRequest], bodies: list[bytes]) -> float:
    """Commit in groups such as 100 ms bring; return responses a second."""
    facts = {"server": "bare", "num_tries": 1, "started": 0.0, "latency_sec": 0.0}
    responses = [
        Response(request=request, body=body, **facts)  # type: ignore[arg-type]
        for request, body in zip(requests, bodies, strict=True)
    ]
    begun = time.perf_counter()
    with Outbox(path, JOB) as outbox:
        for first in range(0, len(responses), 150):
            outbox.commit(responses[first : first + 150])
    return len(responses) / (time.perf_counter() - begun)
