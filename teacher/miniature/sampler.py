"""Batched sampling with a KV cache, for reinforcement learning, rejection sampling and tuning
scores.

Prompts are padded on the right; every sequence writes at its own position, so no padding is
ever attended to. Finished sequences leave the batch.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from teacher.miniature.model import Decoder, new_cache

SEGMENT = 32
USE_GRAPHS = True


@dataclass(frozen=True, kw_only=True)
class Decoding:
    """How to sample."""

    temperature: float = 0.6
    """0 is greedy."""
    top_p: float = 0.95
    """Nucleus."""
    max_tokens: int = 320
    """Longest completion."""
    stop_ids: tuple[int, ...] = ()
    """Tokens that end a completion; they are part of it."""
    batch: int = 4096
    """Sequences at a time."""


def frozen_copy(model: Decoder) -> Decoder:
    """Return a copy for sampling, in bfloat16 on a GPU (routing biases stay float32)."""
    twin = copy.deepcopy(model).eval().requires_grad_(False)
    if next(model.parameters()).is_cuda:
        biases = [router.e_score_correction_bias.clone() for router in twin.routers()]
        twin.to(torch.bfloat16)
        for router, bias in zip(twin.routers(), biases, strict=True):
            router.e_score_correction_bias = bias
            router.load = router.load.float()
    return twin


def choose(logits: Tensor, decoding: Decoding) -> Tensor:
    """Return one sampled token a row of [B, vocabulary], without waiting for the GPU."""
    if decoding.temperature == 0:
        return logits.argmax(-1)
    probabilities = torch.softmax(logits.float() / decoding.temperature, -1)
    # argmax(p / exponential noise) is a draw from p.
    if decoding.top_p >= 1:
        return (probabilities / torch.empty_like(probabilities).exponential_()).argmax(-1)
    ordered, places = probabilities.sort(-1, descending=True)
    kept = ordered * (ordered.cumsum(-1) - ordered <= decoding.top_p)
    picked = (kept / torch.empty_like(kept).exponential_()).argmax(-1, keepdim=True)
    return places.gather(-1, picked)[:, 0]


@torch.no_grad()
def sample(
    model: Decoder, prompts: list[list[int]], decoding: Decoding, seed: int
) -> list[list[int]]:
    """Return a completion for each prompt, its stop token included unless it was cut at
    max_tokens.
    """
    torch.manual_seed(seed)
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    results: list[list[int]] = [[] for _ in prompts]
    for start in range(0, len(order), decoding.batch):
        rows = order[start : start + decoding.batch]
        batch = _Batch(model, [prompts[i] for i in rows], decoding)
        for i, completion in zip(rows, batch.finish(), strict=True):
            results[i] = completion
    return results


class _Batch:
    """Sequences that are being continued together.

    A step is several hundred tiny kernels, so on a GPU it is recorded as a CUDA graph once in
    SEGMENT steps and replayed: in between, no shape changes.
    """

    def __init__(self, model: Decoder, prompts: list[list[int]], decoding: Decoding) -> None:
        self.model, self.decoding = model, decoding
        device = next(model.parameters()).device
        self.positions = torch.tensor([len(prompt) for prompt in prompts], device=device)
        self.longest = max(map(len, prompts))
        padded = torch.zeros(len(prompts), self.longest, dtype=torch.long)
        for row, prompt in enumerate(prompts):
            padded[row, : len(prompt)] = torch.tensor(prompt)
        room = -(-decoding.max_tokens // SEGMENT) * SEGMENT
        self.caches = new_cache(model, self.longest + room)
        hidden = model(padded.to(device), None, self.caches)
        self.last = hidden[torch.arange(len(prompts), device=device), self.positions - 1]
        self.said = torch.zeros(len(prompts), room, dtype=torch.long, device=device)
        self.column = torch.zeros(len(prompts), 1, dtype=torch.long, device=device)
        self.rows = torch.arange(len(prompts), device=device)
        self.finished = torch.zeros(len(prompts), dtype=torch.bool, device=device)
        self.out = self.said.clone()

    def finish(self) -> list[list[int]]:
        """Go on to the end, and return the completions."""
        for start in range(0, self.decoding.max_tokens, SEGMENT):
            for cache in self.caches:
                cache.used = self.longest + start + SEGMENT
            repeat(self._step, SEGMENT, on_gpu=self.said.is_cuda)
            self.out[self.rows] = self.said
            alive = (~self.finished).nonzero()[:, 0]
            if not len(alive):
                break
            self._keep(alive)
        rows = self.out[:, : self.decoding.max_tokens].tolist()
        return [_until_stop(row, self.decoding.stop_ids) for row in rows]

    def _step(self) -> None:
        tokens = choose(self.model.logits(self.last), self.decoding)
        self.said.scatter_(1, self.column, tokens[:, None])
        for stop in self.decoding.stop_ids:
            self.finished |= tokens == stop
        hidden = self.model(tokens[:, None], self.positions[:, None], self.caches)
        self.last.copy_(hidden[:, 0])
        self.positions += 1
        self.column += 1

    def _keep(self, alive: Tensor) -> None:
        for name in ("positions", "last", "said", "column", "rows", "finished"):
            setattr(self, name, getattr(self, name)[alive])
        for cache in self.caches:
            cache.keep(alive)


def repeat(step: Callable[[], None], times: int, *, on_gpu: bool) -> None:
    """Call `step` so many times; on a GPU record it once and replay the record."""
    if not on_gpu or not USE_GRAPHS:
        for _ in range(times):
            step()
        return
    stream, pool, _ = _capture_place()
    graph = torch.cuda.CUDAGraph()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        graph.capture_begin(pool=pool)
        step()
        graph.capture_end()
    torch.cuda.current_stream().wait_stream(stream)
    for _ in range(times):
        graph.replay()
    torch.cuda.synchronize()


@lru_cache(maxsize=1)
def _capture_place() -> tuple[Any, Any, Any]:
    """Return the stream and the memory pool of all recordings, and one recording that keeps the
    pool alive.
    """
    stream, pool, anchor = (
        torch.cuda.Stream(),  # type: ignore[no-untyped-call]
        torch.cuda.graph_pool_handle(),
        torch.cuda.CUDAGraph(),
    )
    with torch.cuda.stream(stream):
        warm = torch.ones(64, 64, device="cuda", dtype=torch.bfloat16)
        (warm @ warm, warm.float() @ warm.float(), torch.bmm(warm[None], warm[None]))
        torch.cuda.synchronize()
        anchor.capture_begin(pool=pool)
        warm = warm + 1
        anchor.capture_end()
    torch.cuda.synchronize()
    return stream, pool, anchor


def _until_stop(row: list[int], stops: tuple[int, ...]) -> list[int]:
    for i, token in enumerate(row):
        if token in stops:
            return row[: i + 1]
    return row
