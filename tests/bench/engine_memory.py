"""Memory of a client with many requests in flight: 16,000 in one process, 32,000 in two.

Two processes ask stubs at two addresses of the loopback, since 28,000 ports go out from one. The
stubs hold all requests until as many are there as are wanted, then answer.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil

from tests.bench.engine_store import SCRATCH
from tests.bench.figure import Figure
from tests.distill import sampling_toys
from tests.stub_server import running

IN_FLIGHT = 16_000
HOSTS = ("127.0.0.1", "127.0.0.2")
ROOT = Path(__file__).parents[2]
GIB = 2**30
PATIENCE_SEC = 240


def measure() -> Iterator[Figure]:
    """Yield the most memory that a client had, alone and as one of two."""
    for hosts in (HOSTS[:1], HOSTS):
        peaks, most = clients(hosts)
        yield Figure(
            name=f"memory_{len(hosts) * IN_FLIGHT // 1000}k_in_flight",
            group="engine",
            value=max(peaks) / GIB,
            unit=f"GiB a client, {most:,} requests in flight",
            target=1.0,
            lower_is_better=True,
        )


def clients(hosts: tuple[str, ...]) -> tuple[list[int], int]:
    """Run a client and a stub a host; return the clients' peaks and the requests at a time."""
    with tempfile.TemporaryDirectory(dir=SCRATCH) as name, ExitStack() as stack:
        folder = Path(name)
        stubs = [
            stack.enter_context(running(folder / f"log-{host}", host=host, delay=PATIENCE_SEC))
            for host in hosts
        ]
        processes = []
        for number, stub in enumerate(stubs):
            settings = {"max_in_flight": IN_FLIGHT, "timeout_sec": 600, "stall_sec": 600}
            words = [str(folder / f"o{number}"), stub.url, str(IN_FLIGHT), json.dumps(settings)]
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, sampling_toys.__file__, *words],
                    cwd=ROOT,
                    env={"PYTHONPATH": str(ROOT)},
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            stack.callback(process.kill)
            processes.append(process)
        peaks = [0] * len(processes)
        begun, here, released = time.monotonic(), 0, False
        while any(process.poll() is None for process in processes):
            for number, process in enumerate(processes):
                if process.poll() is None:
                    used = psutil.Process(process.pid).memory_info().rss
                    peaks[number] = max(peaks[number], used)
            if not released:
                here = max(here, sum(stub.peak() for stub in stubs))
                if here >= IN_FLIGHT * len(stubs):
                    released = True
                    for stub in stubs:
                        stub.control(release=True)
            if time.monotonic() - begun > PATIENCE_SEC:
                raise AssertionError(f"{here} requests in flight after {PATIENCE_SEC} s")
            time.sleep(0.2)
        told = [process.stdout.read() for process in processes if process.stdout]
        if not all(f"num_ok={IN_FLIGHT}" in text for text in told):
            raise AssertionError(told)
    return peaks, here
