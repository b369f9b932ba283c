"""Checksums of the shipped weights: what loads is what was trained.

Each model directory holds checksums.json: size and SHA-256 of every file that decides what the
model says.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from distill.errors import UserError

NAME = "checksums.json"
_WAY_OUT = "restore the folder (`git checkout -- FOLDER` for a model that ships), or train it anew"


def write(directory: Path) -> None:
    """Write checksums.json for the files of a model directory (cards and checksums apart)."""
    files = sorted(
        p for p in directory.iterdir() if p.suffix in (".json", ".safetensors", ".jinja")
    )
    sums = {
        p.name: {"bytes": p.stat().st_size, "sha256": _sha256(p)} for p in files if p.name != NAME
    }
    (directory / NAME).write_text(json.dumps(sums, indent=2) + "\n", encoding="utf-8")


def verify(directory: Path) -> None:
    """Check a model directory against its checksums.json, and its tokenizer against its model.

    Raises:
        UserError: where a file is missing, cut short or changed, or the tokenizer does not fit.
    """
    if not (directory / NAME).is_file():
        raise UserError(f"{directory} holds no {NAME}: {_WAY_OUT}")
    for name, expected in json.loads((directory / NAME).read_text(encoding="utf-8")).items():
        _verify_file(directory / name, expected)
    verify_tokenizer(directory)


def _verify_file(path: Path, expected: dict[str, Any]) -> None:
    if not path.is_file():
        raise UserError(f"{path} is missing: {_WAY_OUT}")
    size = path.stat().st_size
    if size < expected["bytes"]:
        raise UserError(f"{path} is cut short: {size} of {expected['bytes']} bytes; {_WAY_OUT}")
    found = _sha256(path)
    if found != expected["sha256"]:
        raise UserError(
            f"{path} has the wrong checksum: {found}, expected {expected['sha256']}; {_WAY_OUT}"
        )


def verify_tokenizer(directory: Path) -> None:
    """Check that the tokenizer's ids lie within the model's vocabulary and its end of sequence
    is the model's.

    Raises:
        UserError: where they do not.
    """
    config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    tokenizer = json.loads((directory / "tokenizer.json").read_text(encoding="utf-8"))
    ids = dict(tokenizer["model"]["vocab"])
    ids |= {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
    if max(ids.values()) >= config["vocab_size"]:
        raise UserError(
            f"the tokenizer in {directory} does not fit its model: it has ids up to "
            f"{max(ids.values())}, "
            f"the model {config['vocab_size']} entries; use the tokenizer that came with the model"
        )
    settings = json.loads((directory / "tokenizer_config.json").read_text(encoding="utf-8"))
    if ids.get(settings["eos_token"]) != config["eos_token_id"]:
        raise UserError(
            f"the tokenizer in {directory} does not fit its model: {settings['eos_token']!r} is "
            f"{ids.get(settings['eos_token'])}, the model ends at {config['eos_token_id']}"
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
