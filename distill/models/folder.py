"""What makes a folder a model: configuration, whole safetensors weights and a tokenizer.

Only headers are read, so that a broken folder of any size is refused in milliseconds, before a
server is started on it.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distill.errors import UserError

TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt")
"""One of these is what transformers and vLLM can make a tokenizer of."""
MAX_HEADER_BYTES = 100_000_000
"""The safetensors format's own limit."""


def check_model(folder: Path) -> None:
    """Refuse a folder that no server could load.

    Raises:
        UserError: says which file is missing, broken or cut off.
    """
    if not folder.is_dir():
        raise UserError(f"model folder {folder}: no such folder. Correct the model's `source`.")
    read_config(folder)
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise UserError(f"model folder {folder}: {_why_no_weights(folder)}")
    _check_shards(folder, {path.name for path in weights})
    for path in weights:
        _check_safetensors(path)
    if not any((folder / name).is_file() for name in TOKENIZERS):
        raise UserError(
            f"model folder {folder}: no tokenizer (none of {', '.join(TOKENIZERS)}). "
            "Save it beside the weights with tokenizer.save_pretrained."
        )


def read_config(folder: Path) -> dict[str, Any]:
    """Return a model's config.json.

    Raises:
        UserError: if it is missing or is none.
    """
    path = folder / "config.json"
    if not path.is_file():
        adapter = (folder / "adapter_config.json").is_file()
        hint = "it holds an adapter alone: merge it into its base" if adapter else "it is no model"
        raise UserError(f"model folder {folder}: no config.json; {hint}.")
    config = read_json(path)
    if "model_type" not in config:
        raise UserError(f"{path}: no `model_type`: not the configuration of a transformers model.")
    return config


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file.

    Raises:
        UserError: if the file holds none.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: not a JSON file: {error}. Fetch it again.") from error
    if not isinstance(value, dict):
        raise UserError(f"{path}: a JSON object is wanted, not {type(value).__name__}.")
    return value


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What the path of a Hugging Face Hub snapshot says."""

    name: str
    commit: str


def hub_snapshot(folder: Path) -> Snapshot | None:
    """Return the Hub's name and commit of a snapshot folder, or None for any other folder."""
    path = folder.absolute().as_posix()
    match = re.search("/models--([^/]+)/snapshots/([0-9a-f]{40})$", path)
    return Snapshot(name=match[1].replace("--", "/", 1), commit=match[2]) if match else None


def _why_no_weights(folder: Path) -> str:
    pickles = sorted(p.name for pattern in ("*.bin", "*.pt", "*.pth") for p in folder.glob(pattern))
    if not pickles:
        return "no *.safetensors file; the weights are missing."
    return (
        f"its weights are a pickle ({pickles[0]}), which can run any code when it is loaded. "
        "Save them as safetensors: model.save_pretrained(folder)."
    )


def _check_shards(folder: Path, present: set[str]) -> None:
    for path in folder.glob("*.safetensors.index.json"):
        names = read_json(path).get("weight_map")
        if not isinstance(names, dict):
            raise UserError(f"{path}: no `weight_map`. Fetch it again.")
        if missing := sorted({str(name) for name in names.values()} - present):
            raise UserError(
                f"model folder {folder}: {len(missing)} of its weight files are missing, "
                f"the first is {missing[0]}. Fetch the model again."
            )


def _check_safetensors(path: Path) -> None:
    """Compare a file's length with the last offset in its header: one cut short is shorter."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = file.read(length) if length <= min(size - 8, MAX_HEADER_BYTES) else b""
    try:
        tensors = {k: v for k, v in json.loads(header).items() if k != "__metadata__"}
        expected = (
            8 + length + max((int(t["data_offsets"][1]) for t in tensors.values()), default=0)
        )
    except (ValueError, AttributeError, LookupError, TypeError) as error:
        raise UserError(
            f"{path}: no safetensors header in its {size:,} bytes: cut off, or a Git LFS pointer. "
            "Fetch it again."
        ) from error
    if size != expected:
        raise UserError(
            f"{path}: {size:,} bytes where its header says {expected:,}. Fetch it again."
        )
