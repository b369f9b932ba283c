"""Reading a server's /metrics, in the names that vLLM gives them."""

import re
from collections import defaultdict
from typing import TYPE_CHECKING

import aiohttp

from distill.sampling.pace import Load

if TYPE_CHECKING:
    from distill.serving.endpoint import Endpoint

TIMEOUT_SEC = 5.0
FIELDS = {
    b"generation_tokens_total": "tokens",
    b"prompt_tokens_total": "tokens",
    b"num_requests_running": "running",
    b"num_requests_waiting": "waiting",
    b"kv_cache_usage_perc": "cache",
    b"gpu_cache_usage_perc": "cache",  # until vLLM 0.10
    b"num_preemptions_total": "preempted",
}
SAMPLE = re.compile(
    rb"^vllm:(" + b"|".join(FIELDS) + rb")(?:\{[^}\n]*\})? ([0-9.e+-]+)\s*$", re.MULTILINE
)


async def look(session: aiohttp.ClientSession, endpoint: "Endpoint") -> Load | None:
    """Return what the server says of itself, or None where it says nothing."""
    url = f"{endpoint.base_url.removesuffix('/v1')}/metrics"
    limit = aiohttp.ClientTimeout(total=TIMEOUT_SEC)
    try:
        async with session.get(url, timeout=limit, headers=endpoint.headers) as response:
            text = await response.read()
    except (aiohttp.ClientError, OSError):
        return None
    return parse_metrics(text)


def parse_metrics(text: bytes) -> Load | None:
    """Return the load in a Prometheus text; the engines of one server are added up.

    The fullest engine's cache counts.
    """
    found: defaultdict[str, list[float]] = defaultdict(list)
    for name, number in SAMPLE.findall(text):
        found[FIELDS[name]].append(float(number))
    if not found:
        return None
    total = {
        name: max(values) if name == "cache" else sum(values) for name, values in found.items()
    }
    return Load(**total)
