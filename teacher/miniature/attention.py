"""Attention of both architectures, with the cache that sampling needs.

Shapes: B sequences, T tokens, D hidden, H heads, K key width, S places in the cache.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from teacher.miniature.shapes import StudentShape, TeacherShape


class RMSNorm(nn.Module):
    """Root-mean-square norm, computed in float32."""

    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Return x / rms(x) * weight in x's own dtype."""
        return F.rms_norm(x.float(), self.weight.shape, self.weight.float(), self.eps).to(x.dtype)


class Cache:
    """Keys and values of one layer, [B, H, S, K]; a sequence's next entry is written at its own
    position.
    """

    def __init__(self, room: int) -> None:
        """`used` may be lowered to how many places any sequence has reached: the rest is not
        looked at.
        """
        self.room = room
        self.used = room
        self.keys: Tensor | None = None
        self.values: Tensor | None = None

    def start(self, keys: Tensor, values: Tensor) -> None:
        """Store the prompts' keys and values."""
        self.keys = F.pad(keys, (0, 0, 0, self.room - keys.shape[2]))
        self.values = F.pad(values, (0, 0, 0, self.room - values.shape[2]))

    def extend(self, keys: Tensor, values: Tensor, positions_B: Tensor) -> None:
        """Store one token's key and value a sequence, [B, H, 1, K]."""
        assert self.keys is not None and self.values is not None
        rows = torch.arange(len(positions_B), device=positions_B.device)
        self.keys[rows, :, positions_B] = keys[:, :, 0]
        self.values[rows, :, positions_B] = values[:, :, 0]

    def keep(self, rows: Tensor) -> None:
        """Drop all sequences but `rows`."""
        assert self.keys is not None and self.values is not None
        self.keys, self.values = self.keys[rows], self.values[rows]


def attend(q: Tensor, k: Tensor, v: Tensor, cache: Cache | None, positions: Tensor) -> Tensor:
    """Return causal attention, [B, T, H * value width]; with a filled cache, of one new token a
    sequence.
    """
    width = v.shape[-1]
    if cache is None or cache.keys is None:
        if cache is not None:
            cache.start(k, v)
        # The fused kernels want keys and values of one width.
        padded = F.pad(v, (0, q.shape[-1] - width)) if width < q.shape[-1] else v
        out = F.scaled_dot_product_attention(q, k, padded, is_causal=True)[..., :width]
    else:
        cache.extend(k, v, positions[:, 0])
        assert cache.values is not None
        seen = torch.arange(cache.used, device=q.device) <= positions[:, :1]
        scores = q @ cache.keys[:, :, : cache.used].transpose(2, 3) * q.shape[-1] ** -0.5
        scores = scores.masked_fill(~seen[:, None, None], float("-inf"))
        out = torch.softmax(scores.float(), -1).to(v.dtype) @ cache.values[:, :, : cache.used]
    return out.transpose(1, 2).flatten(2)


def rope_angles(positions: Tensor, width: int, theta: float) -> tuple[Tensor, Tensor]:
    """Return cosines and sines, [B, 1, T, width / 2] (or broadcastable), in float32."""
    frequencies = theta ** (-torch.arange(0, width, 2, device=positions.device).float() / width)
    angles = positions[:, None, :, None].float() * frequencies
    return angles.cos(), angles.sin()


def rotate_pairs(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate (x0, x1), (x2, x3), ... as DeepSeek does; the result's order is evens, then odds."""
    even, odd = x[..., 0::2].float(), x[..., 1::2].float()
    return torch.cat([even * cos - odd * sin, odd * cos + even * sin], -1).to(x.dtype)


def rotate_halves(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate (x0, x_half), (x1, x_half+1), ... as Qwen and Llama do."""
    first, second = x.float().chunk(2, -1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], -1).to(x.dtype)


class LatentAttention(nn.Module):
    """Multi-head latent attention (arXiv 2405.04434), keys and values spelled out."""

    def __init__(self, shape: TeacherShape) -> None:
        super().__init__()
        self.shape = s = shape
        self.q_proj = nn.Linear(s.hidden_size, s.num_heads * (s.nope_dim + s.rope_dim), bias=False)
        self.kv_a_proj_with_mqa = nn.Linear(s.hidden_size, s.kv_lora_rank + s.rope_dim, bias=False)
        self.kv_a_layernorm = RMSNorm(s.kv_lora_rank, s.norm_eps)
        self.kv_b_proj = nn.Linear(
            s.kv_lora_rank, s.num_heads * (s.nope_dim + s.value_dim), bias=False
        )
        self.o_proj = nn.Linear(s.num_heads * s.value_dim, s.hidden_size, bias=False)

    def forward(self, x: Tensor, positions: Tensor, cache: Cache | None) -> Tensor:
        """[B, T, D] -> [B, T, D]."""
        s = self.shape
        cos, sin = rope_angles(positions, s.rope_dim, s.rope_theta)
        q = self.q_proj(x).unflatten(-1, (s.num_heads, -1)).transpose(1, 2)
        q_nope, q_rope = q.split([s.nope_dim, s.rope_dim], -1)
        latent, k_rope = self.kv_a_proj_with_mqa(x).split([s.kv_lora_rank, s.rope_dim], -1)
        kv = self.kv_b_proj(self.kv_a_layernorm(latent))
        k_nope, v = (
            kv.unflatten(-1, (s.num_heads, -1)).transpose(1, 2).split([s.nope_dim, s.value_dim], -1)
        )
        k_rope = rotate_pairs(k_rope[:, None], cos, sin).expand(-1, s.num_heads, -1, -1)
        q = torch.cat([q_nope, rotate_pairs(q_rope, cos, sin)], -1)
        k = torch.cat([k_nope, k_rope.to(k_nope.dtype)], -1)
        out: Tensor = self.o_proj(attend(q, k, v, cache, positions))
        return out


class DenseAttention(nn.Module):
    """Multi-head attention of Llama, and of Qwen3, which norms queries and keys."""

    def __init__(self, shape: StudentShape) -> None:
        super().__init__()
        self.shape = s = shape
        width = s.num_heads * s.head_dim
        self.q_proj = nn.Linear(s.hidden_size, width, bias=False)
        self.k_proj = nn.Linear(s.hidden_size, width, bias=False)
        self.v_proj = nn.Linear(s.hidden_size, width, bias=False)
        self.o_proj = nn.Linear(width, s.hidden_size, bias=False)
        self.normed = s.architecture == "qwen3"
        if self.normed:
            self.q_norm = RMSNorm(s.head_dim, s.norm_eps)
            self.k_norm = RMSNorm(s.head_dim, s.norm_eps)

    def forward(self, x: Tensor, positions: Tensor, cache: Cache | None) -> Tensor:
        """[B, T, D] -> [B, T, D]."""
        s = self.shape
        cos, sin = rope_angles(positions, s.head_dim, s.rope_theta)
        q, k, v = (
            proj(x).unflatten(-1, (s.num_heads, s.head_dim)).transpose(1, 2)
            for proj in (self.q_proj, self.k_proj, self.v_proj)
        )
        if self.normed:
            q, k = self.q_norm(q), self.k_norm(k)
        q, k = rotate_halves(q, cos, sin), rotate_halves(k, cos, sin)
        out: Tensor = self.o_proj(attend(q, k, v, cache, positions))
        return out
