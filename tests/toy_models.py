"""Toy tokenizers and models: whole in every joint, small enough to train in a test."""

from pathlib import Path
from typing import Any

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""Turns as Qwen and SmolLM write them."""
R1_LIKE = (
    "<|begin|>{% for message in messages %}{% if message['role'] == 'user' %}<|user|>"
    "{{ message['content'] }}{% else %}<|assistant|>"
    "{{ message['content'].split('</think>') | last | trim }}<|end|>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|><think>\n{% endif %}"
)
"""Opens <think> in the prompt and strips the reasoning from earlier turns, as R1-Distill's does."""
CHATML_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
R1_TOKENS = ("<|begin|>", "<|end|>", "<|user|>", "<|assistant|>")


def chatml_tokenizer(**special: str | None) -> Any:
    """Return a tokenizer of bytes with a ChatML template; pad and end of sequence are one token."""
    names = {"pad_token": "<|im_end|>", "eos_token": "<|im_end|>"} | special
    return byte_tokenizer(CHATML_TOKENS, CHATML, **names)


def r1_tokenizer(**special: str | None) -> Any:
    """Return a tokenizer of bytes whose template opens <think> and strips it from history."""
    names = {"pad_token": "<|end|>", "eos_token": "<|end|>", "bos_token": "<|begin|>"} | special
    return byte_tokenizer(R1_TOKENS, R1_LIKE, **names)


def byte_tokenizer(special_tokens: tuple[str, ...], template: str, **names: str | None) -> Any:
    """Return a tokenizer with one token a byte, and the special tokens before them."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    symbols = [*special_tokens, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    backend = Tokenizer(models.BPE({symbol: i for i, symbol in enumerate(symbols)}, []))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens([AddedToken(token, normalized=False) for token in special_tokens])
    return PreTrainedTokenizerFast(tokenizer_object=backend, chat_template=template, **names)


def toy_llama(vocab_size: int, seed: int = 0, **settings: Any) -> Any:
    """Return a random Llama of about 30k parameters in float32."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    shape = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
        "tie_word_embeddings": True,
    }
    config = LlamaConfig(vocab_size=vocab_size, **shape | settings)
    return LlamaForCausalLM(config).eval()


def save_toy_model(folder: Path, tokenizer: Any, seed: int = 0, **settings: Any) -> Path:
    """Write a random model with `tokenizer` to `folder`, as set-up would leave a base."""
    toy_llama(len(tokenizer), seed, **settings).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
