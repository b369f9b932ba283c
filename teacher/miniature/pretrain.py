"""Pretraining on the packed corpus: teacher and bases alike."""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from teacher.miniature.model import Decoder, Router, save
from teacher.miniature.optimise import adamw, autocast, clip, cosine, device_name, set_rate
from teacher.miniature.shapes import Shape, StudentShape, TeacherShape

SHAPES: dict[str, Shape] = {
    "teacher": TeacherShape(),
    "qwen3": StudentShape(architecture="qwen3"),
    "llama": StudentShape(architecture="llama"),
}


@dataclass(frozen=True, kw_only=True)
class Pretraining:
    """Settings of one pretraining."""

    model: str
    """teacher, qwen3 or llama."""
    num_tokens: int
    """Tokens to train on; the learning rate's course is laid over them."""
    batch_rows: int = 128
    """Rows of 512 tokens an optimiser step."""
    learning_rate: float = 2e-3
    """Peak."""
    weight_decay: float = 0.05
    """AdamW's, on matrices."""
    mtp_weight: float = 0.3
    """Weight of the multi-token-prediction loss (V3 report: 0.3, later 0.1)."""
    balance_speed: float = 1e-3
    """Step of the routing biases; 0 leaves experts unbalanced. Falls to a tenth with the
    learning rate.
    """
    max_minutes: float = 8.0
    """The course is shortened to end in this time."""
    compile: bool = True
    """Compile the loss; worth it from a minute of training on."""
    seed: int = 0
    """Initial weights."""


def batches(directory: Path, rows: int) -> Iterator[torch.Tensor]:
    """Yield batches shard after shard; while the next shard is still being written, an earlier
    one again.
    """
    shard, again = 0, 0
    rest = np.zeros((0, 0), dtype=np.uint16)
    while True:
        path = directory / f"shard-{shard:04d}.npy"
        if path.exists():
            shard += 1
        elif shard:
            path = directory / f"shard-{again % shard:04d}.npy"
            again += 1
        else:
            time.sleep(0.5)
            continue
        block = np.load(path)
        rest = np.concatenate([rest, block]) if rest.size else block
        while len(rest) >= rows:
            yield torch.from_numpy(rest[:rows].astype(np.int64))
            rest = rest[rows:]


def violation(routers: list[Router]) -> list[float]:
    """Return max load / mean load - 1 since the last balancing, layer after layer."""
    return [float(r.load.max() / r.load.mean().clamp(min=1e-9) - 1) for r in routers]


def pretrain(settings: Pretraining, corpus: Path, output: Path) -> dict[str, Any]:
    """Train from random weights and save them; returns the log's last line."""
    torch.manual_seed(settings.seed)
    device = device_name()
    torch.set_float32_matmul_precision("high")
    model = Decoder(SHAPES[settings.model]).to(device)
    optimiser = adamw(model, settings.learning_rate, settings.weight_decay)
    loss_of = torch.compile(model.loss) if settings.compile else model.loss
    source = batches(corpus, settings.batch_rows)
    row_tokens = next(source).shape[1]
    steps = settings.num_tokens // (settings.batch_rows * row_tokens)
    started, step, line = 0.0, 0, {}
    while True:
        tokens = next(source).to(device, non_blocking=True)
        with autocast(device):
            main, loss = loss_of(tokens, tokens > 0, settings.mtp_weight)
        torch.autograd.backward(loss)
        clip(model.parameters())
        elapsed = time.monotonic() - started if started else 0.0
        progress = max(step / steps, elapsed / (60 * settings.max_minutes))
        share = cosine(progress, warmup=0.02, floor=0.03)
        set_rate(optimiser, settings.learning_rate * share)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        step += 1
        if not started:  # compiled by now
            started = time.monotonic()
        if step % 200 == 0 or progress >= 1:
            seconds = time.monotonic() - started
            line = {
                "model": settings.model,
                "step": step,
                "tokens": step * settings.batch_rows * row_tokens,
                "loss": round(main.item(), 4),
                "tokens_per_sec": round(
                    step * settings.batch_rows * row_tokens / max(seconds, 1e-9)
                ),
                "violation": [round(v, 3) for v in violation(model.routers())],
            }
            print(json.dumps(line), flush=True)
        for router in model.routers():
            router.balance(settings.balance_speed * max(0.1, share))
        if progress >= 1:
            break
    save(model, str(output))
    return line


def main() -> None:
    """Pretrain one model: python -m teacher.miniature.pretrain teacher CORPUS OUTPUT --tokens
    300000000.
    """
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("model", choices=SHAPES)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--tokens", type=int, required=True)
    parser.add_argument("--rows", type=int, default=128)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--balance", type=float, default=1e-3)
    parser.add_argument("--no-compile", action="store_true")
    given = parser.parse_args()
    settings = Pretraining(
        model=given.model,
        num_tokens=given.tokens,
        batch_rows=given.rows,
        learning_rate=given.rate,
        max_minutes=given.minutes,
        balance_speed=given.balance,
        compile=not given.no_compile,
    )
    pretrain(settings, given.corpus, given.output)


if __name__ == "__main__":
    main()
