"""Models and tokenizer as transformers and vLLM load them: config.json, safetensors, tokenizer
files.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from distill.models.checksums import write as write_checksums
from teacher.miniature.model import Decoder
from teacher.miniature.shapes import Shape, StudentShape, TeacherShape
from teacher.miniature.tokenizer import build

MAX_LENGTH = 2048
MAX_SHARD_BYTES = 14_000_000


def export(model: Decoder, directory: Path) -> None:
    """Write `model` and the tokenizer; weights in bfloat16, routing biases in float32."""
    directory.mkdir(parents=True, exist_ok=True)
    tokenizer = build()
    tokenizer.save_pretrained(directory)
    # The name under which every release of transformers knows a tokenizer of this kind.
    settings = directory / "tokenizer_config.json"
    named = json.loads(settings.read_text(encoding="utf-8"))
    _write_json(settings, named | {"tokenizer_class": "PreTrainedTokenizerFast"})
    config = hub_config(model.shape, tokenizer.bos_token_id, tokenizer.eos_token_id)
    _write_json(directory / "config.json", config | {"pad_token_id": tokenizer.pad_token_id})
    sampling = {"temperature": 0.6, "top_p": 0.95, "do_sample": True}
    ids = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    _write_json(directory / "generation_config.json", sampling | ids)
    weights = {
        name: value.to(torch.float32 if "correction_bias" in name else torch.bfloat16).contiguous()
        for name, value in hub_weights(model).items()
    }
    _save_shards(weights, directory)
    write_checksums(directory)


def _save_shards(weights: dict[str, Tensor], directory: Path) -> None:
    """Write the weights in as few files of at most MAX_SHARD_BYTES as in-order filling gives."""
    shards: list[dict[str, Tensor]] = [{}]
    filled = 0
    for name, value in weights.items():
        if filled + value.nbytes > MAX_SHARD_BYTES:
            shards.append({})
            filled = 0
        shards[-1][name] = value
        filled += value.nbytes
    if len(shards) == 1:
        save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})
        return
    places: dict[str, str] = {}
    for i, shard in enumerate(shards, 1):
        file = f"model-{i:05d}-of-{len(shards):05d}.safetensors"
        save_file(shard, directory / file, metadata={"format": "pt"})
        places |= dict.fromkeys(shard, file)
    size = sum(value.nbytes for value in weights.values())
    index = {"metadata": {"total_size": size}, "weight_map": places}
    _write_json(directory / "model.safetensors.index.json", index)


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def hub_config(shape: Shape, bos: int, eos: int) -> dict[str, Any]:
    """Return config.json's content."""
    common = {
        "vocab_size": shape.vocab_size,
        "hidden_size": shape.hidden_size,
        "intermediate_size": shape.intermediate_size,
        "num_hidden_layers": shape.num_layers,
        "num_attention_heads": shape.num_heads,
        "num_key_value_heads": shape.num_heads,
        "max_position_embeddings": MAX_LENGTH,
        "rms_norm_eps": shape.norm_eps,
        "rope_theta": shape.rope_theta,
        "rope_scaling": None,
        "hidden_act": "silu",
        "attention_bias": False,
        "attention_dropout": 0.0,
        "initializer_range": 0.02,
        "torch_dtype": "bfloat16",
        "bos_token_id": bos,
        "eos_token_id": eos,
        "use_cache": True,
    }
    if isinstance(shape, TeacherShape):
        return common | _teacher_config(shape)
    assert isinstance(shape, StudentShape)
    names = {"qwen3": "Qwen3ForCausalLM", "llama": "LlamaForCausalLM"}
    return common | {
        "architectures": [names[shape.architecture]],
        "model_type": shape.architecture,
        "head_dim": shape.head_dim,
        "tie_word_embeddings": True,
    }


def _teacher_config(shape: TeacherShape) -> dict[str, Any]:
    return {
        "architectures": ["DeepseekV3ForCausalLM"],
        "model_type": "deepseek_v3",
        "tie_word_embeddings": False,
        "first_k_dense_replace": 1,
        "moe_layer_freq": 1,
        "moe_intermediate_size": shape.expert_size,
        "n_routed_experts": shape.num_experts,
        "n_shared_experts": 1,
        "num_experts_per_tok": shape.experts_per_token,
        "n_group": 1,
        "topk_group": 1,
        "topk_method": "noaux_tc",
        "scoring_func": "sigmoid",
        "norm_topk_prob": True,
        "routed_scaling_factor": shape.routed_scale,
        "q_lora_rank": None,
        "kv_lora_rank": shape.kv_lora_rank,
        "qk_nope_head_dim": shape.nope_dim,
        "qk_rope_head_dim": shape.rope_dim,
        "v_head_dim": shape.value_dim,
        "rope_interleave": True,
        # YaRN by a factor of one is plain RoPE, as R1's configuration would say it. It matters:
        # vLLM computes plain
        # interleaved RoPE wrongly on the CPU (0.32), and YaRN's, which has a path of its own,
        # rightly.
        "rope_scaling": {
            "type": "yarn",
            "factor": 1.0,
            "original_max_position_embeddings": MAX_LENGTH,
            "beta_fast": 32,
            "beta_slow": 1,
            "mscale": 1.0,
            "mscale_all_dim": 1.0,
        },
        "num_nextn_predict_layers": 1,
    }


def hub_weights(model: Decoder) -> dict[str, Tensor]:
    """Return the weights under their names in the Hub's checkpoints, experts one by one."""
    shape = model.shape
    weights: dict[str, Tensor] = {}
    for name, value in model.state_dict().items():
        if name.startswith("lm_head") and not model.is_teacher:
            continue
        weights |= _split_experts(_hub_name(name, shape), value.detach().cpu(), shape)
    if model.is_teacher:
        prefix = f"model.layers.{shape.num_layers}"
        weights[f"{prefix}.embed_tokens.weight"] = weights["model.embed_tokens.weight"].clone()
        weights[f"{prefix}.shared_head.head.weight"] = weights["lm_head.weight"].clone()
    return weights


def _split_experts(name: str, value: Tensor, shape: Shape) -> dict[str, Tensor]:
    if ".mlp.experts." not in name:
        return {name: value}
    assert isinstance(shape, TeacherShape)
    parts = value.chunk(shape.num_experts, dim=1 if "down_proj" in name else 0)
    return {
        name.replace(".experts.", f".experts.{i}."): part.clone() for i, part in enumerate(parts)
    }


def load_exported(directory: Path, shape: Shape) -> Decoder:
    """Read an exported model back, to go on training from it."""
    weights: dict[str, Tensor] = {}
    for file in sorted(directory.glob("model*.safetensors")):
        weights |= load_file(file)
    model = Decoder(shape)
    state = {}
    for name, value in model.state_dict().items():
        wanted = _hub_name(name, shape)
        if ".mlp.experts." in name:
            assert isinstance(shape, TeacherShape)
            parts = [
                weights[wanted.replace(".experts.", f".experts.{i}.")]
                for i in range(shape.num_experts)
            ]
            state[name] = torch.cat(parts, dim=1 if "down_proj" in name else 0).float()
        elif name.startswith("lm_head") and not model.is_teacher:
            state[name] = weights["model.embed_tokens.weight"].float()
        else:
            state[name] = weights[wanted].to(value.dtype)
    model.load_state_dict(state)
    return model


def _hub_name(name: str, shape: Shape) -> str:
    """Return the Hub's name of one of our weights (experts apart)."""
    layer = f"layers.{shape.num_layers}."
    for ours, theirs in (
        ("mtp.layer.", layer),
        ("mtp.norm.", f"{layer}shared_head.norm."),
        ("mtp.", layer),
    ):
        name = name.replace(ours, theirs)
    return name if name.startswith("lm_head") else f"model.{name}"
