"""A stand-in for vLLM's server: answers as a function of the request, fails on demand.

    python tests/stub_server.py --log requests.jsonl [--port 0] [--delay 0.01] [--size 300]

It prints its port. Answers take `delay` seconds, give or take the share `spread`; their texts have
`size` characters, and `ids` token ids beside them. What to do with a request stands in its last
user message:

    "what is 2 + 2? !half*2 !500"

gets half a JSON document twice, then status 500, then an answer (see `Stub.act`). Each request
becomes a line {"message", "action", "body"} of the log, written before the answer goes out, and
with `answers` each answer a line {"message", "client", "at"} of the log's neighbour .answers, once
it is sent.
POST /control {"refuse": 503} fails every request, {"hang": true} keeps every request waiting,
{"grow": true} makes the token counter of /metrics grow, {"metrics": false} takes /metrics away,
{"headers": {...}} go out with every answer. `batch` requests at most are worked on at a time, the
others wait, and /metrics tells of both.
"""

import argparse
import asyncio
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

from aiohttp import web

ACTION = re.compile(r"!([a-z0-9-]+)(?:\*(\d+))?")
WORDS = [
    *("so", "the", "sum", "of", "two", "and", "three", "is", "five", "wait", "let", "me"),
    *("check", "again", "yes", "2", "+", "3", "=", "5", "\n", "é"),
]
NUM_TEXTS = 1024
STATUS = {"429-wait": 429, "context": 400}


@cache
def thoughts(seed: int, size: int) -> str:
    """Return one of NUM_TEXTS texts, so many characters long."""
    return " ".join(random.Random(seed).choices(WORDS, k=size // 3 + 1))[:size]


def answer_text(asked: str, size: int) -> str:
    """Return the response to a message: think tags around as many characters as wanted."""
    digest = hashlib.sha256(asked.encode()).digest()
    seed = int.from_bytes(digest[:4], "big") % NUM_TEXTS
    return f"<think>\n{thoughts(seed, size)}\n</think>\n\nanswer {digest.hex()}"


def completion(asked: str, size: int, **changes: Any) -> dict[str, Any]:
    """Return the body of a chat completion as vLLM writes it; a function of the message."""
    text = answer_text(asked, size)
    says = {"role": "assistant", "content": text, "refusal": None, "reasoning": None}
    says |= changes.pop("message", {})
    choice = {"index": 0, "message": says, "logprobs": None, "finish_reason": "stop"} | changes
    num = len(text) // 4
    usage = {"prompt_tokens": 7, "total_tokens": 7 + num, "completion_tokens": num}
    digest = hashlib.sha256(asked.encode()).hexdigest()[:16]
    return {
        "id": f"chatcmpl-{digest}",
        "object": "chat.completion",
        "model": "stub",
        "choices": [choice],
        "usage": usage,
    }


@cache
def token_ids(num: int) -> bytes:
    """Return the field of a choice that holds so many token ids."""
    ids = random.Random(num).choices(range(50_000), k=num)
    return b'"token_ids":' + encoded(ids)


def encoded(value: Any) -> bytes:
    """Return JSON as vLLM writes it: no blanks, UTF-8 as it is."""
    try:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    except UnicodeEncodeError:  # a lone surrogate
        return json.dumps(value, separators=(",", ":")).encode()


def plan(message: str) -> list[str]:
    """Return what to do with the tries of a message, in order; "ok" ever after."""
    return [name for name, n in ACTION.findall(message) for _ in range(int(n or 1))]


class Stub:
    """The server's state."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.log = options.log.open("a", buffering=1)
        answers: Path = options.log.with_suffix(".answers") if options.answers else Path(os.devnull)
        self.answers = answers.open("a", buffering=1)
        self.options = options
        self.tries: Counter[str] = Counter()
        self.tokens = 0
        self.settings: dict[str, Any] = {}
        self.here = self.peak = 0
        self.batch = asyncio.Semaphore(options.batch)

    async def control(self, request: web.Request) -> web.Response:
        """Change how all requests are answered."""
        self.settings |= await request.json()
        return web.Response()

    async def models(self, request: web.Request) -> web.Response:
        """Name the model."""
        return web.json_response({"object": "list", "data": [{"id": "stub"}]})

    async def metrics(self, request: web.Request) -> web.Response:
        """Answer like vLLM's /metrics."""
        if not self.settings.get("metrics", True):
            raise web.HTTPNotFound
        self.tokens += bool(self.settings.get("grow"))
        waiting = max(0, self.here - self.options.batch)
        facts = {"num_requests_waiting": waiting, "num_requests_running": self.here - waiting}
        facts |= {"generation_tokens_total": self.tokens}
        lines = (f'vllm:{name}{{engine="0",model_name="stub"}} {n}.0' for name, n in facts.items())
        return web.Response(text="# HELP x\n" + "\n".join(lines) + "\n")

    async def peaks(self, request: web.Request) -> web.Response:
        """Tell how many requests were here at a time at most since this was asked last."""
        peak, self.peak = self.peak, self.here
        return web.json_response(peak)

    async def complete(self, request: web.Request) -> web.StreamResponse:
        """Answer a chat completion."""
        body = await request.json()
        message = [m for m in body["messages"] if m["role"] == "user"][-1]["content"]
        actions = plan(message)
        action = "ok"
        if self.settings.get("refuse"):
            action = str(self.settings["refuse"])
        elif self.settings.get("hang"):
            action = "hang"
        elif self.tries[message] < len(actions):
            action = actions[self.tries[message]]
        self.tries[message] += 1
        self.log.write(json.dumps({"message": message, "action": action, "body": body}) + "\n")
        spread = (crc32(message.encode()) % 201 / 100 - 1) * self.options.spread
        self.here += 1
        self.peak = max(self.peak, self.here)
        try:
            async with self.batch:
                await self.work(self.options.delay * (1 + spread))
            if body.get("stream"):
                return await self.stream(request)
            response = await self.act(action, message, request)
        finally:
            self.here -= 1
        if not response.prepared:
            response.headers.update(self.settings.get("headers", {}))
        if self.options.answers:
            await response.prepare(request)
            await response.write_eof()
            fact = {"message": message, "client": request.headers["X-Client"], "at": time.time()}
            self.answers.write(json.dumps(fact) + "\n")
        return response

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Answer with `tokens` events, as vLLM streams."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        choice = {"index": 0, "delta": {"content": "word"}, "logprobs": None}
        event = {"id": "chatcmpl-0", "object": "chat.completion.chunk", "choices": [choice]}
        line = b"data: " + encoded(event) + b"\n\n"
        for _ in range(self.options.tokens):
            await response.write(line)
            await asyncio.sleep(0)
        await response.write(b"data: [DONE]\n\n")
        return response

    async def work(self, seconds: float) -> None:
        """Take so long, or until {"release": true}."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self.settings.get("release"):
            await asyncio.sleep(min(left, 5.0))

    async def act(self, action: str, message: str, request: web.Request) -> web.StreamResponse:
        """Do what was asked for."""
        size, num_ids = self.options.size, self.options.ids
        good = encoded(completion(message, size))
        if num_ids:
            good = good.replace(b'"finish_reason"', token_ids(num_ids) + b',"finish_reason"', 1)
        if action == "ok":
            return _json(good)
        if action.isdecimal() or action in STATUS:
            status = STATUS.get(action) or int(action)
            says = "This model's maximum context length is 8" if action == "context" else "no"
            error = {"error": {"message": says, "type": "X", "code": status}}
            headers = {"Retry-After": "1"} if action == "429-wait" else {}
            return web.json_response(error, status=status, headers=headers)
        if action in BODIES:
            return _json(BODIES[action](good))
        if action in CHANGES:
            return _json(encoded(completion(message, size, **CHANGES[action])))
        if action == "hang":
            await asyncio.sleep(3600)
        if action == "cut":  # the connection breaks in the middle of the body
            response = web.StreamResponse(headers={"Content-Length": str(len(good))})
            await response.prepare(request)
            await response.write(good[: len(good) // 2])
        if request.transport:
            request.transport.abort()
        return web.Response()


BODIES = {
    "half": lambda good: good[: len(good) // 2],
    "empty": lambda good: b"",
    "latin1": lambda good: good.replace(b"answer", "\xe4nswer".encode("latin-1")),
    "huge": lambda good: good[:-1] + b" " * (11 * 2**20) + b"}",
    "error200": lambda good: b'{"object": "error", "message": "no"}',
}
CHANGES: dict[str, dict[str, Any]] = {
    "length": {"finish_reason": "length"},
    "abort": {"finish_reason": "abort"},
    "refusal": {"message": {"content": None, "refusal": "I will not."}},
    "field": {"message": {"content": "4", "reasoning": "2 + 2 is 4"}},
    "surrogate": {"message": {"content": "a\ud800b"}},
    "judge-yes": {"message": {"content": '{"analysis": "Same.", "correctness": "correct"}'}},
    "judge-no": {"message": {"content": '{"analysis": "Not 4.", "correctness": "incorrect"}'}},
    "nul": {"message": {"content": "a\x00<script>\x1b[31m"}},
}


@dataclass(frozen=True, kw_only=True)
class Server:
    """A stub in a process of its own."""

    url: str
    log: Path
    process: subprocess.Popen[str]

    def control(self, **settings: Any) -> None:
        """Change how all requests are answered."""
        urllib.request.urlopen(f"{self.url}/control", json.dumps(settings).encode()).close()

    def peak(self) -> int:
        """Return how many requests were there at a time at most since this was asked last."""
        with urllib.request.urlopen(f"{self.url}/peak") as response:
            return int(json.load(response))

    def requests(self) -> list[dict[str, Any]]:
        """Return what was asked so far."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def asked(self) -> Counter[str]:
        """Return how often each message was asked."""
        return Counter(request["message"] for request in self.requests())


@contextmanager
def running(
    log: Path, *, module: str = "tests.stub_server", **options: float | str
) -> Iterator[Server]:
    """Run a stub that writes its requests to `log`."""
    command = [sys.executable, "-m", module, "--log", str(log)]
    command += [part for name, value in options.items() for part in (f"--{name}", str(value))]
    pipe = subprocess.PIPE
    root = Path(__file__).parent.parent
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=root) as process:
        assert process.stdout
        try:
            url = f"http://{options.get('host', '127.0.0.1')}:{int(process.stdout.readline())}"
            yield Server(url=url, log=log, process=process)
        finally:
            process.kill()


def _json(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json")


def app_of(options: argparse.Namespace) -> web.Application:
    """Return the stub's pages."""
    stub = Stub(options)
    app = web.Application()
    app.router.add_post("/v1/chat/completions", stub.complete)
    app.router.add_post("/control", stub.control)
    app.router.add_get("/v1/models", stub.models)
    app.router.add_get("/metrics", stub.metrics)
    app.router.add_get("/peak", stub.peaks)
    return app


async def serve(app: web.Application, port: int, host: str = "127.0.0.1") -> None:
    """Serve until the standard input is closed, so that no stub outlives its test."""
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, host, port, backlog=4096)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--spread", type=float, default=0.0)
    parser.add_argument("--size", type=int, default=300)
    parser.add_argument("--answers", type=int, default=0)
    parser.add_argument("--tokens", type=int, default=100)
    parser.add_argument("--ids", type=int, default=0)
    parser.add_argument("--batch", type=int, default=10**9)
    given = parser.parse_args()
    asyncio.run(serve(app_of(given), given.port, given.host))
