"""Several pretrainings at once on one GPU, from a corpus that is written while they run: each alone
leaves the GPU half idle.
"""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from teacher.miniature.corpus import ROW_TOKENS, SHARD_ROWS
from teacher.miniature.pretrain import Pretraining
from teacher.miniature.workshop import Workshop


@dataclass(frozen=True, kw_only=True)
class Job:
    """One pretraining."""

    name: str
    """Its weights go to pretrain-NAME.pt."""
    shape: str
    """teacher, qwen3 or llama."""
    tokens: int
    """Tokens to train on."""
    rows: int
    """Rows of 512 tokens a step."""
    balance_speed: float = Pretraining.balance_speed
    """Step of the routing biases; 0 leaves the experts' load as it falls."""


def pretrain_together(shop: Workshop, jobs: Sequence[Job], minutes: float) -> None:
    """Write the corpus and run all jobs on it.

    Raises:
        RuntimeError: if one fails.
    """
    corpus = shop.work / "corpus"
    shards = -(-max(job.tokens for job in jobs) // (ROW_TOKENS * SHARD_ROWS))
    workers = ["--shards", str(shards), "--workers", str(shop.workers)]
    writer = _start("corpus", str(corpus), *workers)
    flags = [] if shop.device == "cuda" else ["--no-compile"]
    running = {}
    for job in jobs:
        output = str(shop.work / f"pretrain-{job.name}.pt")
        sizes = ["--tokens", str(job.tokens), "--rows", str(job.rows), "--minutes", str(minutes)]
        balance = ["--balance", str(job.balance_speed)]
        running[job.name] = _start(
            "pretrain", job.shape, str(corpus), output, *sizes, *balance, *flags
        )
    failed = [name for name, process in running.items() if process.wait()]
    writer.terminate()
    writer.wait()
    if failed:
        raise RuntimeError(f"pretraining of {', '.join(failed)} failed")


def _start(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", f"teacher.miniature.{module}", *arguments])
