"""Group relative policy optimisation (arXiv 2402.03300) with rule rewards for accuracy and
format.

Each step samples a group of completions a problem and updates once on all of them, so the ratio
of new to old policy is one, nothing is clipped, and no copy of the old policy is kept; there is
no KL term.
"""

import json
import time
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from teacher.miniature.model import Decoder
from teacher.miniature.optimise import adamw, autocast, clip, set_rate
from teacher.miniature.problems import Problem
from teacher.miniature.prompts import Example, answer_in, prompt_text
from teacher.miniature.sampler import Decoding, frozen_copy, sample
from teacher.miniature.sft import pad


@dataclass(frozen=True, kw_only=True)
class Reinforcement:
    """Settings of one GRPO run."""

    steps: int = 60
    """Updates."""
    problems: int = 256
    """Problems a step."""
    group: int = 16
    """Completions a problem (R1: 16)."""
    learning_rate: float = 1e-4
    """Peak, after a short warm-up; falls linearly to a tenth."""
    temperature: float = 1.0
    """Of the samples (R1: 1)."""
    form: str = "think"
    """How problems are asked: think, or what a pretrained model knows, worked and direct."""
    format_reward: float = 0.1
    """For a response that ends and has one answer, beside 1 for the right one."""
    max_tokens: int = 320
    """Longest completion."""
    micro_batch: int = 1024
    """Sequences a forward pass."""
    max_minutes: float = 8.0
    """Stops in this time."""
    seed: int = 0
    """Of the samples."""


def advantages(rewards: Tensor) -> Tensor:
    """Return (reward - group mean) / group standard deviation, [problems, group]; 0 where all
    rewards are equal.
    """
    centred = rewards - rewards.mean(1, keepdim=True)
    deviation = rewards.std(1, keepdim=True, unbiased=False)
    return torch.where(deviation > 1e-6, centred / deviation.clamp(min=1e-6), 0.0)


def reward(problem: Problem, text: str, settings: Reinforcement) -> float:
    """Return 1 for the right answer plus `format_reward` for the form; a broken form gets
    nothing.
    """
    answer = answer_in(text, settings.form)
    if answer is None:
        return 0.0
    return settings.format_reward + (1.0 if answer == problem.answer else 0.0)


def reinforce(
    model: Decoder,
    tokenizer: PreTrainedTokenizerFast,
    problems: list[Problem],
    settings: Reinforcement,
) -> list[dict[str, float]]:
    """Train `model` in place on `problems`, each used once (again from the start where they run
    out).
    """
    optimiser = adamw(model, settings.learning_rate, 0.0)
    decoding = Decoding(
        temperature=settings.temperature,
        top_p=1.0,
        max_tokens=settings.max_tokens,
        stop_ids=(tokenizer.eos_token_id,),
    )
    log: list[dict[str, float]] = []
    started = time.monotonic()
    for step in range(settings.steps):
        progress = max(
            step / settings.steps, (time.monotonic() - started) / (60 * settings.max_minutes)
        )
        if progress >= 1:
            break
        chosen = [
            problems[(step * settings.problems + i) % len(problems)]
            for i in range(settings.problems)
        ]
        texts = [prompt_text(problem.question, settings.form) for problem in chosen]
        prompts = tokenizer(texts, add_special_tokens=False)["input_ids"]
        repeated = [prompt for prompt in prompts for _ in range(settings.group)]
        completions = sample(frozen_copy(model), repeated, decoding, settings.seed * 10_000 + step)
        said = tokenizer.batch_decode(completions)
        rewards = torch.tensor(
            [reward(chosen[i // settings.group], text, settings) for i, text in enumerate(said)]
        ).view(-1, settings.group)
        pairs = [
            Example(prompt=p, completion=c) for p, c in zip(repeated, completions, strict=True)
        ]
        set_rate(
            optimiser, settings.learning_rate * min(1.0, (step + 1) / 5) * (1 - 0.9 * progress)
        )
        update(model, optimiser, pairs, advantages(rewards).flatten(), settings.micro_batch)
        line = {
            "grpo": step,
            "accuracy": round((rewards > 1).float().mean().item(), 4),
            "format": round((rewards > 0).float().mean().item(), 4),
            "tokens": round(sum(map(len, completions)) / len(completions), 1),
            "sec": round(time.monotonic() - started, 1),
        }
        log.append(line)
        if step % 5 == 0:
            print(json.dumps(line), flush=True)
    return log


def update(
    model: Decoder,
    optimiser: torch.optim.Optimizer,
    pairs: list[Example],
    advantage: Tensor,
    micro_batch: int,
) -> None:
    """Take one step up the gradient of sum(advantage * log p(token)) / number of tokens."""
    device = next(model.parameters()).device.type
    useful = [i for i in advantage.nonzero()[:, 0].tolist() if pairs[i].completion]
    useful.sort(key=lambda i: len(pairs[i].prompt) + len(pairs[i].completion))
    total = sum(len(pairs[i].completion) for i in useful)
    for start in range(0, len(useful), micro_batch):
        rows = useful[start : start + micro_batch]
        tokens, wanted = pad([pairs[i] for i in rows], device)
        with autocast(device):
            logits = model.logits(model(tokens))[:, :-1]
            losses = F.cross_entropy(
                logits.flatten(0, 1).float(), tokens[:, 1:].flatten(), reduction="none"
            ).view(len(rows), -1)
        weight = wanted[:, 1:] * advantage[rows].to(device)[:, None]
        torch.autograd.backward((losses * weight).sum() / max(1, total))
    if useful:
        clip(model.parameters())
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
    for router in model.routers():
        router.balance(1e-4)
