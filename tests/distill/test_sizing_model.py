import pytest

from distill.errors import UserError
from distill.sizing.model import model_size

SMOLLM2_135M = {
    "model_type": "llama",
    "hidden_size": 576,
    "intermediate_size": 1536,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "vocab_size": 49152,
    "tie_word_embeddings": True,
}
QWEN25_1_5B = {
    "model_type": "qwen2",
    "hidden_size": 1536,
    "intermediate_size": 8960,
    "num_hidden_layers": 28,
    "num_attention_heads": 12,
    "num_key_value_heads": 2,
    "vocab_size": 151936,
    "tie_word_embeddings": True,
}
QWEN3_0_6B = {
    "model_type": "qwen3",
    "hidden_size": 1024,
    "intermediate_size": 3072,
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "vocab_size": 151936,
    "tie_word_embeddings": True,
}
LLAMA31_8B = {
    "model_type": "llama",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
}
DEEPSEEK_R1 = {
    "model_type": "deepseek_v3",
    "hidden_size": 7168,
    "intermediate_size": 18432,
    "moe_intermediate_size": 2048,
    "num_hidden_layers": 61,
    "first_k_dense_replace": 3,
    "num_attention_heads": 128,
    "n_routed_experts": 256,
    "n_shared_experts": 1,
    "num_experts_per_tok": 8,
    "q_lora_rank": 1536,
    "kv_lora_rank": 512,
    "qk_nope_head_dim": 128,
    "qk_rope_head_dim": 64,
    "v_head_dim": 128,
    "vocab_size": 129280,
    "tie_word_embeddings": False,
}


SIZES = [
    (SMOLLM2_135M, 134_515_008, 134_515_008, 11_520),
    (QWEN25_1_5B, 1_543_714_304, 1_543_714_304, 14_336),
    (QWEN3_0_6B, 596_049_920, 596_049_920, 57_344),
    (LLAMA31_8B, 8_030_261_248, 7_504_924_672, 65_536),
    (DEEPSEEK_R1, 671_026_419_200, 36_625_618_432, 35_136),
    (DEEPSEEK_R1 | {"q_lora_rank": None}, 678_797_846_528, 44_397_045_760, 35_136),
    (SMOLLM2_135M | {"attention_bias": True}, 134_561_088, 134_561_088, 11_520),
    (SMOLLM2_135M | {"num_key_value_heads": None}, 147_786_048, 147_786_048, 34_560),
]


@pytest.mark.parametrize(
    ("config", "num_params", "num_active_params", "kv_values_per_token"), SIZES
)
def test_sizes(
    config: dict[str, object], num_params: int, num_active_params: int, kv_values_per_token: int
) -> None:
    """SmolLM2 is published as 135M, Qwen2.5 as 1.54B, R1 as 671B and 37B active."""
    size = model_size(config)
    assert size.num_params == num_params
    assert size.num_active_params == num_active_params
    assert size.kv_values_per_token == kv_values_per_token


def test_bytes_of_r1() -> None:
    size = model_size(DEEPSEEK_R1)
    assert size.kv_bytes(1, "bfloat16") == 70_272
    assert size.kv_bytes(32_768, "bfloat16") == 2_302_672_896
    assert size.weight_bytes("fp8") == 671_026_419_200


def test_bytes_of_a_student() -> None:
    size = model_size(SMOLLM2_135M)
    assert size.weight_bytes("float32") == 538_060_032
    assert size.weight_bytes("bfloat16") == 269_030_016
    assert size.training_bytes() == 2_152_240_128


def test_what_is_not_known_is_refused() -> None:
    with pytest.raises(UserError, match=r"model_type 'qwen22'.*did you mean 'qwen2'\?"):
        model_size({"model_type": "qwen22"})
    with pytest.raises(UserError, match=r"model_type 'None'"):
        model_size({})
    with pytest.raises(UserError, match="no 'hidden_size' in it"):
        model_size({"model_type": "llama"})
    with pytest.raises(UserError, match=r"precision 'bf16'"):
        model_size(SMOLLM2_135M).weight_bytes("bf16")


@pytest.mark.slow
@pytest.mark.parametrize("config", [size[0] for size in SIZES])
def test_transformers_counts_the_same(config: dict[str, object]) -> None:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    settings = {name: value for name, value in config.items() if name != "model_type"}
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(
            AutoConfig.for_model(config["model_type"], **settings)
        )
    count = sum(parameter.numel() for parameter in model.parameters())
    # A buffer there, a parameter of the checkpoint nevertheless.
    count += sum(b.numel() for name, b in model.named_buffers() if "correction_bias" in name)
    assert count == model_size(config).num_params
