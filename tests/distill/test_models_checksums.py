"""Shipped weights are what was trained; anything else is refused with a clear message."""

import json
import shutil
from pathlib import Path

import pytest

from distill.errors import UserError
from distill.models.checksums import NAME, verify
from distill.models.resolve import SHIPPED

MODELS = ("teacher", "base-qwen3", "base-llama", "student-qwen3", "student-llama")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED / "base-llama", tmp_path / "model"))


@pytest.mark.parametrize("name", MODELS)
def test_shipped_weights_are_whole(name: str) -> None:
    verify(SHIPPED / name)


def test_together_they_are_small() -> None:
    files = list(SHIPPED.glob("*/*.safetensors"))
    assert sum(file.stat().st_size for file in files) <= 32_000_000
    assert max(file.stat().st_size for file in files) <= 15_000_000


def test_a_changed_byte(model: Path) -> None:
    weights = model / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(UserError, match=r"model\.safetensors has the wrong checksum"):
        verify(model)


def test_a_truncated_file(model: Path) -> None:
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"cut short: 1000 of 3351920 bytes"):
        verify(model)


def test_a_missing_file(model: Path) -> None:
    (model / "config.json").unlink()
    with pytest.raises(UserError, match=r"config\.json is missing"):
        verify(model)


def test_a_tokenizer_of_another_model(model: Path) -> None:
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps(config | {"vocab_size": 500}))
    sums = json.loads((model / NAME).read_text())
    (model / NAME).write_text(json.dumps({k: v for k, v in sums.items() if k != "config.json"}))
    with pytest.raises(UserError, match=r"ids up to 764, the model 500 entries"):
        verify(model)


def test_no_checksums(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds no checksums\.json"):
        verify(tmp_path)
