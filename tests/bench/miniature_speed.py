"""Tokens a second of the teacher's vLLM server on the CPU for 1, 64 and 256 requests, and who uses
the processor meanwhile: the worker (the model), the scheduler, the HTTP side, the client.
"""

import importlib.util
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.bench import versus
from tests.bench.engine_vllm import MODEL, server_options
from tests.bench.figure import Figure
from tests.bench.skipped import Skipped

LOADS = {1: 6, 64: 256, 256: 768}
"""Requests asked in all, by how many at a time."""
OUTPUT_TOKENS = 96


def measure() -> Iterator[Figure]:
    """Yield the rates, and the share of the processor time that the model itself took."""
    if importlib.util.find_spec("vllm") is None:
        raise Skipped("vLLM is not installed: run `make setup`")
    options, environment = server_options()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with versus.served(MODEL, folder / "log", *options, environment=environment) as url:
            versus.by_engine(url, _load(64, 64), folder)
            for at_a_time, number in LOADS.items():
                before = _cpu_seconds()
                run = versus.by_engine(url, _load(number, at_a_time), folder)
                spent = {who: sec - before.get(who, 0.0) for who, sec in _cpu_seconds().items()}
                yield _figure(f"tokens_{at_a_time}", run.rate, "completion tokens/s")
                for who, seconds in sorted(spent.items()):
                    share = seconds / run.seconds
                    yield _figure(f"cores_{at_a_time}_{who}", share, "cores")


def _load(num_requests: int, concurrency: int) -> versus.Load:
    return versus.Load(
        num_requests=num_requests, output_tokens=OUTPUT_TOKENS, concurrency=concurrency
    )


def _cpu_seconds() -> dict[str, float]:
    """Return the processor seconds of this process and those below it, by what they do."""
    me, seconds = psutil.Process(), {}
    for process in (me, *me.children(recursive=True)):
        title = " ".join(process.cmdline())
        who = "client" if process == me else "http"
        who = "worker" if "Worker" in title else "scheduler" if "EngineCore" in title else who
        times = process.cpu_times()
        seconds[who] = seconds.get(who, 0.0) + times.user + times.system
    return seconds


def _figure(name: str, value: float, unit: str) -> Figure:
    return Figure(name=name, group="miniature", value=value, unit=unit)
