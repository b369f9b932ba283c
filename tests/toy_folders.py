"""Folders that pass for models, made without torch; fake servers do not read them."""

from pathlib import Path

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
HEADER = b'{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'
CONFIG = '{"model_type": "llama"}'


def toy_weights(weight: bytes = b"1") -> bytes:
    """Return a safetensors file with a tensor of one byte."""
    return len(HEADER).to_bytes(8, "little") + HEADER + weight


def toy_folder(folder: Path, weight: bytes = b"1", template: str | None = CHATML) -> Path:
    """Write configuration, weights, tokenizer and chat template."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(CONFIG)
    (folder / "model.safetensors").write_bytes(toy_weights(weight))
    (folder / "tokenizer.json").write_text("{}")
    if template is not None:
        (folder / "chat_template.jinja").write_text(template)
    return folder
