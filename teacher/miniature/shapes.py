"""Sizes of the miniature's models."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What both architectures share."""

    vocab_size: int = 768
    """Entries of the tokenizer."""
    hidden_size: int = 160
    """Width of the residual stream."""
    num_layers: int = 5
    """Decoder layers."""
    num_heads: int = 5
    """Attention heads."""
    intermediate_size: int = 432
    """Width of the dense feed-forward layer."""
    rope_theta: float = 10_000.0
    """Base of the rotary frequencies."""
    norm_eps: float = 1e-6
    """Epsilon of the RMS norms."""


@dataclass(frozen=True, kw_only=True)
class StudentShape(Shape):
    """A dense decoder."""

    architecture: str = "qwen3"
    """qwen3 (normed queries and keys) or llama."""
    head_dim: int = 32
    """Width of a head: the smallest that vLLM's CPU attention takes."""


@dataclass(frozen=True, kw_only=True)
class TeacherShape(Shape):
    """DeepSeek-V3's decoder: latent attention, sigmoid-routed experts, one
    multi-token-prediction module.
    """

    hidden_size: int = 256
    """Width of the residual stream."""
    num_heads: int = 4
    """Attention heads."""
    intermediate_size: int = 512
    """Width of the first layer's dense feed-forward."""
    num_experts: int = 16
    """Routed experts a layer."""
    experts_per_token: int = 4
    """Routed experts that a token is sent to."""
    expert_size: int = 64
    """Width of an expert; the shared expert has the same."""
    routed_scale: float = 1.0
    """Factor on the routed experts' sum."""
    kv_lora_rank: int = 512
    """Width of the latent: the only one that vLLM's CPU kernel is compiled for."""
    rope_dim: int = 64
    """Rotary part of a key, shared by all heads: likewise."""
    nope_dim: int = 32
    """Part of a key without position."""
    value_dim: int = 64
    """Width of a head's value."""


def shape_from(data: dict[str, Any]) -> Shape:
    """Return the shape that `asdict` wrote."""
    return StudentShape(**data) if "architecture" in data else TeacherShape(**data)
