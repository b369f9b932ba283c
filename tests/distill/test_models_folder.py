import json
import shutil
from pathlib import Path

import pytest

from distill.errors import UserError
from distill.models.folder import Snapshot, check_model, hub_snapshot
from tests.toy_folders import toy_folder, toy_weights

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def refusal(folder: Path) -> str:
    with pytest.raises(UserError) as caught:
        check_model(folder)
    return str(caught.value)


def test_a_whole_model_passes(tmp_path: Path) -> None:
    check_model(toy_folder(tmp_path / "m"))


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    assert "m: no such folder" in refusal(tmp_path / "m")


def test_a_folder_without_config_is_refused(tmp_path: Path) -> None:
    folder = toy_folder(tmp_path / "m")
    (folder / "config.json").unlink()
    assert "no config.json; it is no model" in refusal(folder)
    (folder / "adapter_config.json").write_text("{}")
    assert "merge it into its base" in refusal(folder)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not a JSON file"),
        ("[]", "a JSON object is wanted, not list"),
        ("{}", "no `model_type`"),
    ],
)
def test_a_broken_config_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    folder = toy_folder(tmp_path / "m")
    (folder / "config.json").write_text(text)
    assert reason in refusal(folder)


def test_missing_weights_and_pickles_are_refused(tmp_path: Path) -> None:
    folder = toy_folder(tmp_path / "m")
    (folder / "model.safetensors").unlink()
    assert "the weights are missing" in refusal(folder)
    (folder / "pytorch_model.bin").write_bytes(b"x")
    assert "a pickle (pytorch_model.bin)" in refusal(folder)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no safetensors header in its 0 bytes"),
        (toy_weights()[:20], "no safetensors header in its 20 bytes"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        (toy_weights()[:-1], "bytes where its header says"),
        (toy_weights() + b"x", "bytes where its header says"),
        ((2).to_bytes(8, "little") + b"[]", "no safetensors header"),
        ((10).to_bytes(8, "little") + b'{"w": [1]}', "no safetensors header"),
    ],
)
def test_broken_weights_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    folder = toy_folder(tmp_path / "m")
    (folder / "model.safetensors").write_bytes(content)
    assert reason in refusal(folder)


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    folder = toy_folder(tmp_path / "m")
    shards = {"a": "model.safetensors", "b": "model-2.safetensors", "c": "model-3.safetensors"}
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": shards}))
    assert "2 of its weight files are missing, the first is model-2.safetensors" in refusal(folder)
    index.write_text("{}")
    assert "no `weight_map`" in refusal(folder)


def test_a_missing_tokenizer_is_refused(tmp_path: Path) -> None:
    folder = toy_folder(tmp_path / "m")
    (folder / "tokenizer.json").unlink()
    assert "no tokenizer" in refusal(folder)


def test_a_snapshot_is_known_by_its_path(tmp_path: Path) -> None:
    assert hub_snapshot(tmp_path / "models--a--b" / "snapshots" / COMMIT) == Snapshot(
        name="a/b", commit=COMMIT
    )
    assert hub_snapshot(tmp_path / "models--a--b" / "snapshots" / "main") is None
    assert hub_snapshot(tmp_path / "snapshots" / COMMIT) is None
    assert hub_snapshot(Path("/")) is None


def test_header_of_the_real_format_passes(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    folder = toy_folder(tmp_path / "m")
    save_file({"x": torch.zeros(3, 5)}, folder / "model.safetensors", metadata={"format": "pt"})
    check_model(folder)
    shutil.rmtree(folder)
