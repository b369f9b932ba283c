"""Which HTTP client asks most in a second: bare loops, 256 at a time, nothing stored."""

import asyncio
import importlib.util
import json
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from distill.sampling.engine import loop_factory
from tests.bench.engine_store import IN_FLIGHT, SCRATCH, bare_client, toy_job, toy_requests
from tests.bench.figure import Figure
from tests.stub_server import running

NUM_REQUESTS = {"aiohttp": 4_000, "httpx": 512, "openai": 512}


async def by_httpx(url: str, messages: list[str]) -> None:
    """Ask with httpx."""
    import httpx

    limits = httpx.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT)
    async with httpx.AsyncClient(limits=limits, timeout=120) as client:

        async def ask(message: str) -> None:
            body = {"model": "stub", "messages": [{"role": "user", "content": message}]}
            response = await client.post(f"{url}/v1/chat/completions", content=json.dumps(body))
            response.raise_for_status()

        await in_turn(ask, messages)


async def by_openai(url: str, messages: list[str]) -> None:
    """Ask with the openai package."""
    import openai

    client = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=120)

    async def ask(message: str) -> None:
        await client.chat.completions.create(
            model="stub", messages=[{"role": "user", "content": message}]
        )

    await in_turn(ask, messages)


async def by_aiohttp(url: str, messages: list[str]) -> None:
    """Ask with aiohttp, as the engine does."""
    await bare_client(url, list(toy_requests(toy_job(), messages)))


async def in_turn(ask: Callable[[str], Awaitable[None]], messages: list[str]) -> None:
    """Ask 256 at a time."""
    waiting = iter(messages)

    async def work() -> None:
        for message in waiting:
            await ask(message)

    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))


def measure() -> Iterator[Figure]:
    """Yield responses a second of each that is installed."""
    ways = {"aiohttp": by_aiohttp, "httpx": by_httpx, "openai": by_openai}
    with tempfile.TemporaryDirectory(dir=SCRATCH) as name, running(
        Path(name) / "log", size=20_000, delay=0.05, spread=1
    ) as stub:  # fmt: skip
        for client, ask in ways.items():
            if importlib.util.find_spec(client) is None:
                continue
            messages = [f"{client} {i}" for i in range(NUM_REQUESTS[client])]
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                begun = time.perf_counter()
                runner.run(ask(stub.url, messages))
                seconds = time.perf_counter() - begun
            yield Figure(
                name=f"client_{client}",
                group="engine",
                value=len(messages) / seconds,
                unit="responses/s",
            )
