import os
import sys
from pathlib import Path
from uuid import UUID

import pytest

from distill.config.models import ModelSpec
from distill.errors import UserError
from distill.models.identity import Model
from distill.serving.command import vllm_command
from distill.serving.profile import FOLDERS, load_profile

SHIPPED = sorted(path.stem for folder in FOLDERS for path in folder.glob("*.toml"))
TOY = Model(model_id=UUID(int=1), weights_id="w", name="owner/toy", path=Path("/models/toy"))


def options_of(argv: list[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for position, word in enumerate(argv):
        if word.startswith("--"):
            value = argv[position + 1] if position + 1 < len(argv) else "--"
            found[word[2:]] = None if value.startswith("--") else value
    return found


def test_the_shipped_profiles() -> None:
    assert SHIPPED == ["cpu", "gpu", "r1-2x8xh100", "r1-8xh200", "r1-8xh200-latency"]


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_profiles_load(name: str) -> None:
    assert load_profile(name).description


def test_the_whole_command_on_the_cpu() -> None:
    spec = ModelSpec(source="x", max_model_len=512, server_args={"max_num_seqs": 8, "port": 7})
    command = vllm_command(TOY, spec, load_profile("cpu"), 8123)
    assert command.argv[:3] == [sys.executable, "-m", "vllm.entrypoints.openai.api_server"]
    assert options_of(command.argv) == {
        "model": "/models/toy",
        "served-model-name": "owner/toy",
        "host": "127.0.0.1",
        "port": "8123",
        "dtype": "float32",
        "max-model-len": "512",
        "generation-config": "vllm",
        "disable-uvicorn-access-log": None,
        "enforce-eager": None,
        "no-enable-chunked-prefill": None,
        "attention-backend": "CPU_MLA",
        "max-num-seqs": "8",
    }
    assert command.environment == {
        "VLLM_NO_USAGE_STATS": "1",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_CPU_NUM_OF_RESERVED_CPU": "0",
        "OMP_NUM_THREADS": str(len(os.sched_getaffinity(0))),
    }


def test_many_requests_to_r1_go_data_parallel() -> None:
    spec = ModelSpec(source="deepseek-ai/DeepSeek-R1", dtype="bfloat16", max_model_len=32768)
    options = options_of(vllm_command(TOY, spec, load_profile("r1-8xh200"), 1).argv)
    wanted = {"data-parallel-size": "8", "enable-expert-parallel": None}
    assert wanted.items() <= options.items()
    assert options["reasoning-parser"] == "deepseek_r1"
    assert "tensor-parallel-size" not in options


def test_the_recipe_goes_before_the_profile() -> None:
    spec = ModelSpec(source="x", server_args={"--enforce_eager": False, "quantization": "fp8"})
    options = options_of(vllm_command(TOY, spec, load_profile("cpu"), 1).argv)
    assert "enforce-eager" not in options
    assert {"no-enforce-eager": None, "quantization": "fp8"}.items() <= options.items()


@pytest.mark.parametrize(
    ("option", "way_out"),
    [
        ("served-model-name", "set the model's `source`"),
        ("max_model_len", "set the model's `max_model_len`"),
        ("--dtype", "set the model's `dtype`"),
        ("trust-remote-code", "the pipeline's to set"),
        ("host", "the pipeline's to set"),
    ],
)
def test_options_that_are_not_set_by_hand(option: str, way_out: str) -> None:
    spec = ModelSpec(source="x", server_args={option: "y"})
    with pytest.raises(UserError, match=f"cannot be set here; .*{way_out}"):
        vllm_command(TOY, spec, load_profile("cpu"), 1)


def test_an_unknown_profile_names_the_nearest() -> None:
    with pytest.raises(UserError, match=r"'r1-8xh20'.*did you mean 'r1-8xh200'\?"):
        load_profile("r1-8xh20")


def test_a_profile_by_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('description = "mine"\n[options]\nmax_num_seqs = 3\n')
    assert load_profile(str(path)).options == {"max-num-seqs": 3}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("description = ", "not a TOML file"),
        ('description = "x"\nextra = 1', "extra: Extra inputs"),
        ('description = "x"\n[options]\nquantization = "fp8"', "belongs to a model"),
        ('description = "x"\n[options]\nport = 1', "belongs to a model"),
        ('description = "x"\n[options]\nmodel = "y"', "cannot be set here"),
    ],
)
def test_broken_profiles_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=reason):
        load_profile(str(path))


def test_without_vllm_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"vLLM is not installed .*make setup"):
        vllm_command(TOY, ModelSpec(source="x"), load_profile("cpu"), 1)
