"""A stand-in for a hosted API: reasoning in its own field, a key, limits, sums that may be wrong.

    python -m tests.stub_hosted --log requests.jsonl [--key KEY] [--per_minute 60]

It prints its port. "What is 3 + 4?" is answered rightly; "(solved 30%)" in the message makes that
true of so many requests, drawn by a hash of the message and of how often it was asked before. With
a key it wants `Authorization: Bearer KEY`, and refuses what OpenAI's API does not know. More
requests than `--per_minute` in any `--window` seconds are refused with 429 and Retry-After. Each
request becomes a line {"message", "status", "fields"} of the log.
"""

import argparse
import asyncio
import hashlib
import json
import re
import time
from collections import Counter, deque
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.stub_server import serve

TERM = re.compile(r"\d+(?:\s*[-+*]\s*\d+)+")
SHARE = re.compile(r"\(solved (\d+)%\)")
KNOWN = {
    *("model", "messages", "temperature", "top_p", "max_tokens", "stop", "seed", "response_format"),
    *("presence_penalty", "frequency_penalty", "reasoning_effort", "logprobs", "top_logprobs"),
}


def is_right(message: str, nth: int) -> bool:
    """Tell whether the nth request of a message is answered rightly."""
    share = SHARE.search(message)
    drawn = int(hashlib.sha256(f"{message} {nth}".encode()).hexdigest()[:8], 16) / 2**32
    return share is None or drawn < int(share[1]) / 100


def answer(message: str, nth: int) -> dict[str, Any]:
    """Return the completion of the nth request of a message."""
    terms = TERM.findall(message)
    result = eval(terms[-1]) if terms else 0  # digits and + - * only
    result += not is_right(message, nth)
    said = {"role": "assistant", "content": str(result), "reasoning_content": f"{message} = ?"}
    tokens = 20 + nth % 7
    return {
        "id": f"{nth}",
        "model": "stub",
        "choices": [{"index": 0, "message": said, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": 11,
            "completion_tokens": tokens,
            "total_tokens": 11 + tokens,
            "completion_tokens_details": {"reasoning_tokens": tokens - 1},
        },
    }


class Hosted:
    """The API's state."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.log = options.log.open("a", buffering=1)
        self.asked: Counter[str] = Counter()
        self.times: deque[float] = deque()

    async def complete(self, request: web.Request) -> web.Response:
        """Answer a chat completion."""
        body = await request.json()
        message = body["messages"][-1]["content"]
        status, reply = self.judge(request, body, message)
        line = {"message": message, "status": status, "fields": sorted(body)}
        self.log.write(json.dumps(line) + "\n")
        if status == 200:
            await asyncio.sleep(self.options.delay)
        return web.json_response(reply, status=status, headers=self.headers(status))

    def judge(
        self, request: web.Request, body: dict[str, Any], message: str
    ) -> tuple[int, dict[str, Any]]:
        """Return status and body of the reply."""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.options.key and given != self.options.key:
            return 401, {"error": {"message": f"Incorrect API key provided: {given}"}}
        if self.options.key and (unknown := set(body) - KNOWN):
            return 400, {"error": {"message": f"Unrecognized arguments: {sorted(unknown)}"}}
        now = time.monotonic()
        while self.times and self.times[0] < now - self.options.window:
            self.times.popleft()
        if len(self.times) >= self.options.per_minute:
            return 429, {"error": {"message": "Rate limit reached"}}
        self.times.append(now)
        self.asked[message] += 1
        return 200, answer(message, self.asked[message])

    def headers(self, status: int) -> dict[str, str]:
        """Return what an API says of its limits."""
        left = max(0, self.options.per_minute - len(self.times))
        limits = {
            "x-ratelimit-limit-requests": str(self.options.per_minute),
            "x-ratelimit-remaining-requests": str(left),
            "x-ratelimit-reset-requests": f"{self.options.window:g}s",
        }
        return limits | ({"Retry-After": "1"} if status == 429 else {})


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--key", default="")
    parser.add_argument("--per_minute", type=int, default=10**9)
    parser.add_argument("--window", type=float, default=60.0)
    given = parser.parse_args()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", Hosted(given).complete)
    asyncio.run(serve(app, given.port))
