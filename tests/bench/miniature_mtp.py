"""What the teacher's own multi-token-prediction module is worth to vLLM on one GPU: tokens a second
for 1 and 64 requests at a time, with it as the draft of speculative decoding and without, and the
share of its drafts that the model accepts.

Held-out problems are asked as a generate run asks them; each setting has a server of its own.
"""

import re
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import torch

from distill.config.models import Sampling
from distill.sampling.requests import Job
from teacher.miniature.problems import EVALUATION, take_all
from tests.bench import versus
from tests.bench.engine_vllm import MODEL
from tests.bench.figure import Figure
from tests.bench.skipped import Skipped
from tests.distill.sampling_toys import ToyModel

LOADS = {1: 36, 64: 1200}
"""Requests asked in all, by how many at a time; four minutes with two starts of the server."""
DRAFT = '{"method": "mtp", "num_speculative_tokens": 1}'
OPTIONS = ["--dtype", "bfloat16", "--max-model-len", "512", "--max-num-seqs", "64"]
OPTIONS += ["--gpu-memory-utilization", "0.5"]


def measure() -> Iterator[Figure]:
    """Yield the rates with drafts beside those without, and the acceptance."""
    if not torch.cuda.is_available():
        raise Skipped("it takes a GPU: vLLM drafts with the module only there")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain, _ = _rates(folder, [])
        drafted, accepted = _rates(folder, ["--speculative-config", DRAFT])
    for at_a_time, rate in drafted.items():
        yield Figure(
            name=f"mtp_tokens_{at_a_time}",
            group="miniature",
            value=rate,
            unit="completion tokens/s",
            peer="without drafts",
            peer_value=plain[at_a_time],
        )
    yield Figure(name="mtp_accepted", group="miniature", value=accepted, unit="of the drafts")


def _rates(folder: Path, options: list[str]) -> tuple[dict[int, float], float]:
    """Return the rate of each load, and accepted over drafted tokens."""
    problems = take_all(EVALUATION, max(LOADS.values()) // 12, held_out=True)
    spread = [problems[i * 7 % len(problems)].question for i in range(len(problems))]
    sampling = Sampling(temperature=0.6, top_p=0.95, max_tokens=320)
    job = Job(model=ToyModel(), sampling=sampling, stream="bench")  # type: ignore[arg-type]
    with versus.served(MODEL, folder / "log", *OPTIONS, *options) as url:
        versus.engine_run(url, job, spread[:64], 64, folder)
        before = _counted(url)
        rates = {
            at_a_time: versus.engine_run(url, job, spread[:number], at_a_time, folder).rate
            for at_a_time, number in LOADS.items()
        }
        drafted, accepted = (
            after - then for after, then in zip(_counted(url), before, strict=True)
        )
    return rates, accepted / max(1.0, drafted)


def _counted(url: str) -> tuple[float, float]:
    """Return the drafted and the accepted tokens that the server has counted."""
    with urllib.request.urlopen(f"{url.removesuffix('/v1')}/metrics", timeout=10) as response:
        text = response.read().decode()
    drafted, accepted = (
        sum(
            map(
                float,
                re.findall(rf"^vllm:spec_decode_num_{word}_tokens_total\S* (\S+)", text, re.M),
            )
        )
        for word in ("draft", "accepted")
    )
    return drafted, accepted
