"""What streaming would cost: the same 500 tokens as one body, or as an event each.

The engine notices silence by the server's /metrics; this is why it does not stream.
"""

import asyncio
import json
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp

from distill.sampling.engine import loop_factory
from tests.bench.engine_store import SCRATCH
from tests.bench.figure import Figure
from tests.stub_server import running

NUM_REQUESTS = 300
NUM_TOKENS = 500
IN_FLIGHT = 64


def measure() -> Iterator[Figure]:
    """Yield the client's CPU time a response, streamed beside whole."""
    with tempfile.TemporaryDirectory(dir=SCRATCH) as name, running(
        Path(name) / "log", size=4 * NUM_TOKENS, tokens=NUM_TOKENS
    ) as stub:  # fmt: skip
        for _ in range(2):  # the first is a warm-up
            whole, stream = (cpu_ms(stub.url, is_streamed) for is_streamed in (False, True))
    yield Figure(
        name="streaming_client_cpu",
        group="engine",
        value=stream,
        unit=f"ms a response of {NUM_TOKENS} tokens",
        peer="one body",
        peer_value=whole,
    )


def cpu_ms(url: str, is_streamed: bool) -> float:
    """Return the CPU time that this process spends on a response."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        before = resource.getrusage(resource.RUSAGE_SELF)
        runner.run(ask(url, is_streamed))
        after = resource.getrusage(resource.RUSAGE_SELF)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return 1000 * spent / NUM_REQUESTS


async def ask(url: str, is_streamed: bool) -> None:
    """Read all responses, parsing what comes."""
    numbers = iter(range(NUM_REQUESTS))

    async def work(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            message = {"role": "user", "content": f"{is_streamed} {number} {time.monotonic()}"}
            body = {"model": "stub", "messages": [message], "stream": is_streamed}
            async with session.post(f"{url}/v1/chat/completions", json=body) as response:
                if is_streamed:
                    texts = [
                        json.loads(line[6:])["choices"][0]["delta"]["content"]
                        async for line in response.content
                        if line.startswith(b"data: {")
                    ]
                    assert len(texts) == NUM_TOKENS
                else:
                    assert json.loads(await response.read())["choices"]

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(work(session) for _ in range(IN_FLIGHT)))
