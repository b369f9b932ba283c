"""Supervised fine-tuning on prompt and completion pairs, for cold start, rejection-sampled
traces and students.
"""

import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from teacher.miniature.model import Decoder
from teacher.miniature.optimise import adamw, autocast, clip, cosine, set_rate
from teacher.miniature.prompts import Example


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """Settings of one fine-tuning."""

    epochs: float = 2.0
    """Passes over the examples."""
    learning_rate: float = 3e-4
    """Peak; a cosine takes it to a tenth."""
    batch_examples: int = 128
    """Examples an optimiser step."""
    mtp_weight: float = 0.1
    """Weight of the multi-token-prediction loss (teacher only)."""
    balance_speed: float = 1e-4
    """Step of the routing biases."""
    max_minutes: float = 8.0
    """The course is shortened to end in this time."""
    seed: int = 0
    """Order of the examples."""


def pad(examples: list[Example], device: str) -> tuple[Tensor, Tensor]:
    """Return tokens and which of them are completion, both [B, T], T a multiple of 32.

    An example is repeated to fill its row: what comes after it changes nothing in it, and the
    experts' load is counted over tokens as they occur.
    """
    longest = max(len(e.prompt) + len(e.completion) for e in examples)
    width = -(-longest // 32) * 32
    tokens = torch.zeros(len(examples), width, dtype=torch.long)
    wanted = torch.zeros(len(examples), width, dtype=torch.bool)
    for row, e in enumerate(examples):
        end = len(e.prompt) + len(e.completion)
        tokens[row] = torch.tensor((e.prompt + e.completion) * (-(-width // end)))[:width]
        wanted[row, len(e.prompt) : end] = True
    return tokens.to(device, non_blocking=True), wanted.to(device, non_blocking=True)


def shuffled_batches(
    examples: list[Example], size: int, epochs: float, seed: int
) -> Iterator[list[Example]]:
    """Yield batches of examples of similar length (sorted within 16 batches), in random order."""
    rng = random.Random(seed)
    left = round(len(examples) * epochs)
    while left > 0:
        order = rng.sample(examples, len(examples))[:left]
        left -= len(order)
        batches = []
        for start in range(0, len(order), 16 * size):
            block = sorted(
                order[start : start + 16 * size], key=lambda e: len(e.prompt) + len(e.completion)
            )
            batches += [block[i : i + size] for i in range(0, len(block), size)]
        yield from rng.sample(batches, len(batches))


def fine_tune(model: Decoder, examples: list[Example], settings: Tuning, title: str) -> None:
    """Train `model` in place."""
    device = next(model.parameters()).device.type
    optimiser = adamw(model, settings.learning_rate, 0.0)
    steps = max(1, round(len(examples) * settings.epochs / settings.batch_examples))
    started, tokens_seen = time.monotonic(), 0
    batches = shuffled_batches(examples, settings.batch_examples, settings.epochs, settings.seed)
    for step, batch in enumerate(batches):
        elapsed = time.monotonic() - started
        progress = max(step / steps, elapsed / (60 * settings.max_minutes))
        if progress > 1.01:
            break
        tokens, wanted = pad(batch, device)
        with autocast(device):
            main, loss = model.loss(tokens, wanted, settings.mtp_weight)
        torch.autograd.backward(loss)
        clip(model.parameters())
        set_rate(optimiser, settings.learning_rate * cosine(progress, warmup=0.05, floor=0.1))
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        for router in model.routers():
            router.balance(settings.balance_speed)
        tokens_seen += sum(len(e.prompt) + len(e.completion) for e in batch)
        if step % 200 == 0 or step == steps - 1:
            rate = round(tokens_seen / max(time.monotonic() - started, 1e-9))
            line = {"sft": title, "step": step, "of": steps, "loss": round(main.item(), 4)}
            print(json.dumps(line | {"tokens_per_sec": rate}), flush=True)
