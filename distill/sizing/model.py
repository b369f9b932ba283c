"""Parameters, KV cache and memory of a model, from its Hugging Face config.json alone.

Legend: D hidden size, L layers, H query heads, K key-value heads, E head size, F feed-forward size,
V vocabulary.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from distill.errors import UserError, nearest

Config = Mapping[str, Any]

NUM_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2, "fp8": 1, "fp8_e4m3": 1}
"""Bytes of one value, by precision."""
ADAM_BYTES = 16
"""A parameter in training: float32 weight, gradient and AdamW's two moments."""


@dataclass(frozen=True, kw_only=True)
class ModelSize:
    """What a model takes."""

    num_params: int
    """All weights; a multi-token-prediction module, which serving may leave out, is not counted."""
    num_active_params: int
    """Weights that one token is multiplied with: no unused experts, no embedding look-up."""
    kv_values_per_token: int
    """Numbers that the KV cache keeps for one token, over all layers."""

    def weight_bytes(self, dtype: str) -> int:
        """Return the bytes of the weights in one precision, FP8's scales left out."""
        return self.num_params * _num_bytes(dtype)

    def kv_bytes(self, num_tokens: int, dtype: str) -> int:
        """Return the bytes of the KV cache of so many tokens."""
        return num_tokens * self.kv_values_per_token * _num_bytes(dtype)

    def training_bytes(self) -> int:
        """Return the bytes of full fine-tuning in float32 with AdamW, activations left out."""
        return self.num_params * ADAM_BYTES


def model_size(config: Config) -> ModelSize:
    """Return the size of the model that a config.json describes.

    Raises:
        UserError: for an architecture that is not written down here, or a configuration with gaps.
    """
    family = str(config.get("model_type"))
    if family not in FAMILIES:
        raise UserError(
            f"model_type {family!r}: its size is not known here{nearest(family, FAMILIES)}."
        )
    try:
        return FAMILIES[family](config)
    except KeyError as error:
        raise UserError(f"config.json of a {family} model: no {error} in it.") from error


def _dense(config: Config, *, qkv_bias: bool = False, qk_norm: bool = False) -> ModelSize:
    """Llama and its kin: grouped-query attention, gated feed-forward, RMSNorm."""
    D, L, F = config["hidden_size"], config["num_hidden_layers"], config["intermediate_size"]
    H = config["num_attention_heads"]
    K = config.get("num_key_value_heads") or H
    E = config.get("head_dim") or D // H
    attention = D * E * (H + 2 * K) + H * E * D
    if config.get("attention_bias", False):
        attention += E * (H + 2 * K) + D
    elif qkv_bias:
        attention += E * (H + 2 * K)
    if qk_norm:
        attention += 2 * E
    layer = attention + 3 * D * F + 2 * D
    body = L * layer + D
    embedding, head = _vocabulary(config)
    return ModelSize(
        num_params=body + embedding + head,
        num_active_params=body + (head or embedding),
        kv_values_per_token=L * 2 * K * E,
    )


def _deepseek_v3(config: Config) -> ModelSize:
    """DeepSeek-V3 and R1: multi-head latent attention, mixture of experts (arXiv 2412.19437)."""
    D, L = config["hidden_size"], config["num_hidden_layers"]
    num_dense, F = config["first_k_dense_replace"], config["intermediate_size"]
    num_experts, num_used = config["n_routed_experts"], config["num_experts_per_tok"]
    expert = 3 * D * config["moe_intermediate_size"]
    shared = config["n_shared_experts"] * expert
    router = D * num_experts + num_experts  # its correction bias is a parameter too
    every_layer = L * (_latent_attention(config) + 2 * D) + D + num_dense * 3 * D * F
    num_sparse = L - num_dense
    embedding, head = _vocabulary(config)
    latent = config["kv_lora_rank"] + config["qk_rope_head_dim"]
    used = every_layer + num_sparse * (router + shared + num_used * expert)
    return ModelSize(
        num_params=used + num_sparse * (num_experts - num_used) * expert + embedding + head,
        num_active_params=used + (head or embedding),
        kv_values_per_token=L * latent,
    )


def _latent_attention(config: Config) -> int:
    D, H = config["hidden_size"], config["num_attention_heads"]
    rope, nope = config["qk_rope_head_dim"], config["qk_nope_head_dim"]
    value, kv_rank, q_rank = config["v_head_dim"], config["kv_lora_rank"], config["q_lora_rank"]
    down, width = (D * q_rank + q_rank, q_rank) if q_rank else (0, D)
    query = down + width * H * (nope + rope)
    key_value = D * (kv_rank + rope) + kv_rank + kv_rank * H * (nope + value)
    return int(query + key_value + H * value * D)


def _vocabulary(config: Config) -> tuple[int, int]:
    """Return the parameters of the embedding and of the head, which is 0 where they are one."""
    table = config["vocab_size"] * config["hidden_size"]
    return table, 0 if config.get("tie_word_embeddings", False) else table


def _num_bytes(dtype: str) -> int:
    if dtype not in NUM_BYTES:
        raise UserError(f"precision {dtype!r}: not known{nearest(dtype, NUM_BYTES)}.")
    return NUM_BYTES[dtype]


FAMILIES: dict[str, Callable[[Config], ModelSize]] = {
    "llama": _dense,
    "mistral": _dense,
    "qwen2": lambda config: _dense(config, qkv_bias=True),
    "qwen3": lambda config: _dense(config, qk_norm=True),
    "deepseek_v3": _deepseek_v3,
}
"""By `model_type`."""
