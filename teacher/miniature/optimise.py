"""What all training loops share: the optimiser, the learning rate's course, the device's
precision.
"""

import math
from collections.abc import Iterable
from contextlib import AbstractContextManager

import torch
from torch import nn


def device_name() -> str:
    """Return cuda where there is one, else cpu."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def autocast(device: str) -> AbstractContextManager[None]:
    """Return bfloat16 autocast over float32 weights; on a CPU plain float32, which is faster
    there.
    """
    return torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda")


def adamw(model: nn.Module, learning_rate: float, weight_decay: float) -> torch.optim.AdamW:
    """Return AdamW that decays matrices only."""
    parameters = list(model.parameters())
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    fused = parameters[0].is_cuda
    return torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.95), fused=fused)


def cosine(progress: float, *, warmup: float, floor: float) -> float:
    """Return the share of the peak learning rate at `progress` (0 to 1)."""
    if progress < warmup:
        return progress / warmup
    rest = min(1.0, (progress - warmup) / (1 - warmup))
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * rest))


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of all groups."""
    for group in optimiser.param_groups:
        group["lr"] = rate


def clip(parameters: Iterable[torch.Tensor], norm: float = 1.0) -> None:
    """Clip the gradients' common norm."""
    nn.utils.clip_grad_norm_(parameters, norm)
