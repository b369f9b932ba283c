"""The engine beside vLLM's own serving benchmark, on one server: same prompts, same lengths.

Both run in this process, in turn, so that neither has the machine at a better time than the other.
vLLM's benchmark streams, which is how it measures latencies; the engine does not, and stores every
response durably.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distill.config.models import Sampling
from distill.config.prompts import Requests
from distill.ids import prompt_id
from distill.sampling.engine import sample
from distill.sampling.requests import Job
from distill.serving.endpoint import Endpoint
from distill.serving.probe import free_port, is_healthy
from tests.distill.sampling_toys import ToyModel, nothing

NAME = "measured"
START_SEC = 600


@dataclass(frozen=True, kw_only=True)
class Load:
    """What both ask for."""

    num_requests: int
    output_tokens: int
    concurrency: int


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one of them got."""

    client: str
    num_answered: int
    tokens: int
    seconds: float

    @property
    def rate(self) -> float:
        """Completion tokens a second."""
        return self.tokens / self.seconds


class FixedLength(Job):
    """Asks as vLLM's benchmark does: no end of sequence ends a response."""

    @property
    def _fields(self) -> dict[str, Any]:  # type: ignore[override]
        fields = self.sampling.model_dump(mode="json", include={"max_tokens", "temperature"})
        return fields | {"ignore_eos": True}


@contextmanager
def served(
    model: Path, log: Path, *options: str, environment: dict[str, str] | None = None
) -> Iterator[str]:
    """Run vLLM on a folder until the block ends; its base URL ends in /v1."""
    port = free_port()
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(model)]
    command += ["--served-model-name", NAME, "--host", "127.0.0.1", "--port", str(port)]
    # the same prompts are asked again and again: the second time must cost what the first did
    command += ["--no-enable-prefix-caching", "--disable-uvicorn-access-log", *options]
    quiet = {"VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    with log.open("wb") as file:
        server = subprocess.Popen(
            command,
            env=quiet | (environment or {}) | {"VLLM_USE_FLASHINFER_SAMPLER": "0"} | os.environ,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    url, begun = f"http://127.0.0.1:{port}/v1", time.monotonic()
    try:
        while not is_healthy(url):
            if server.poll() is not None or time.monotonic() - begun > START_SEC:
                raise SystemExit(f"vLLM did not start:\n{log.read_text(errors='replace')[-6000:]}")
            time.sleep(0.5)
        yield url
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)


def prompts(load: Load) -> list[str]:
    """Return sums to ask, each another one."""
    rng = random.Random(load.num_requests)
    return [
        f"{i}: " + " + ".join(str(rng.randrange(10**6)) for _ in range(8))
        for i in range(load.num_requests)
    ]


def by_engine(url: str, load: Load, folder: Path) -> Run:
    """Ask with the engine, into a new outbox, for responses of one length."""
    sampling = Sampling(temperature=1.0, top_p=1.0, max_tokens=load.output_tokens)
    job = FixedLength(model=ToyModel(), sampling=sampling, stream="bench")  # type: ignore[arg-type]
    return engine_run(url, job, prompts(load), load.concurrency, folder)


def engine_run(url: str, job: Job, questions: list[str], concurrency: int, folder: Path) -> Run:
    """Ask each question once with the engine, into a new outbox."""
    asked = [[{"role": "user", "content": text}] for text in questions]
    requests = [job.request(prompt_id(messages), messages, 0) for messages in asked]
    begun = time.perf_counter()
    report = sample(
        requests,
        job=job,
        endpoints=[Endpoint(base_url=url, served_name=NAME, label="vllm")],
        outbox=folder / f"outbox-{time.monotonic_ns()}",
        existing=nothing,
        settings=Requests(max_in_flight=concurrency),
    )
    seconds = time.perf_counter() - begun
    return Run(
        client="engine",
        num_answered=report.num_answered,
        tokens=report.completion_tokens,
        seconds=seconds,
    )


def by_vllm(url: str, model: Path, load: Load, folder: Path) -> Run:
    """Ask with vLLM's serving benchmark."""
    from vllm.benchmarks import serve

    data = folder / "prompts.jsonl"
    data.write_text("".join(json.dumps({"prompt": text}) + "\n" for text in prompts(load)))
    parser = ArgumentParser()
    serve.add_cli_args(parser)
    options = {
        "backend": "openai-chat",
        "base-url": url.removesuffix("/v1"),
        "endpoint": "/v1/chat/completions",
        "model": NAME,
        "served-model-name": NAME,
        "tokenizer": str(model),
        "dataset-name": "custom",
        "dataset-path": str(data),
        "custom-output-len": str(load.output_tokens),
        "num-prompts": str(load.num_requests),
        "max-concurrency": str(load.concurrency),
        "temperature": "1.0",
    }
    flags = ["--skip-chat-template", "--ignore-eos", "--disable-tqdm"]
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    with (folder / "vllm-bench.log").open("a") as log, contextlib.redirect_stdout(log):
        result = serve.main(parser.parse_args([*words, *flags]))
    return Run(
        client="vllm bench",
        num_answered=result["completed"],
        tokens=result["total_output_tokens"],
        seconds=result["duration"],
    )


def compare(url: str, model: Path, load: Load, folder: Path, num_rounds: int) -> Iterator[Run]:
    """Yield runs in turn; which of the two goes first alternates. One of each before is no run."""
    warm = Load(num_requests=load.concurrency, output_tokens=16, concurrency=load.concurrency)
    by_engine(url, warm, folder)
    by_vllm(url, model, warm, folder)
    for number in range(num_rounds):
        pair = [
            lambda: by_engine(url, load, folder),
            lambda: by_vllm(url, model, load, folder),
        ]
        for ask in pair if number % 2 == 0 else reversed(pair):
            run = ask()
            if run.num_answered != load.num_requests:
                raise SystemExit(
                    f"{run.client}: {run.num_answered} of {load.num_requests} answered"
                )
            yield run
