import json
import os
from pathlib import Path
from uuid import UUID

import pytest

from distill.config.models import ModelSpec
from distill.errors import UserError
from distill.ids import content_id
from distill.models import weights
from distill.models.chat_template import chat_template, generation_prompt_opens_think
from distill.models.identity import identify, named_model
from distill.models.resolve import resolve
from distill.models.weights import weights_id
from distill.runs.home import Home
from tests.toy_folders import CHATML, toy_folder

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.at(str(tmp_path / "home"))


def test_the_identity_of_a_folder_is_fixed(tmp_path: Path, home: Home) -> None:
    """Golden: a change re-keys every warehouse."""
    model = identify(ModelSpec(source=str(toy_folder(tmp_path / "toy")), licence="MIT"), home)
    assert model.weights_id == "dd89eca38cf6f81e90a98c027888010c5a6600293e00ff0c0a32772de4f5b3d4"
    assert model.model_id == UUID("685ce6a7-b2fe-ad39-a6c6-ce7ed529248d")
    assert model.row() == {
        "model_id": model.model_id,
        "weights_id": model.weights_id,
        "name": "toy",
        "revision": None,
        "licence": "MIT",
        "dtype": "float32",
        "quantisation": None,
        "kv_cache_dtype": None,
        "chat_template_hash": model.chat_template_hash,
    }
    assert model.path == tmp_path / "toy"


def test_weights_id_goes_by_what_decides_the_answers(tmp_path: Path) -> None:
    folder = toy_folder(tmp_path / "a")
    before = weights_id(folder)
    for harmless in ("README.md", "generation_config.json", "optimizer.pt", "chat_template.jinja"):
        (folder / harmless).write_text("x")
    assert weights_id(folder) == before
    assert weights_id(toy_folder(tmp_path / "b")) == before
    for telling in ("config.json", "tokenizer.json", "adapter_model.safetensors", "merges.txt"):
        earlier = weights_id(folder)
        (folder / telling).write_text("other")
        assert weights_id(folder) != earlier


def test_weights_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, cache = toy_folder(tmp_path / "m"), tmp_path / "cache" / "weights.json"
    for path in folder.iterdir():
        os.utime(path, (1, 1))
    first = weights_id(folder, cache)
    assert len(json.loads(cache.read_text())) == 3
    monkeypatch.setattr(weights.hashlib, "file_digest", lambda *_: pytest.fail("read again"))
    assert weights_id(folder, cache) == first
    monkeypatch.undo()
    toy_folder(tmp_path / "n", weight=b"2")
    (tmp_path / "n" / "model.safetensors").replace(folder / "model.safetensors")
    assert weights_id(folder, cache) != first
    cache.write_text("[")
    assert weights_id(folder, cache) != first


def test_what_was_just_written_is_not_remembered(tmp_path: Path) -> None:
    cache = tmp_path / "weights.json"
    weights_id(toy_folder(tmp_path / "m"), cache)
    assert not cache.exists()


def test_a_snapshot_is_its_commit_and_its_hub_name(tmp_path: Path, home: Home) -> None:
    folder = toy_folder(tmp_path / "models--owner--name" / "snapshots" / COMMIT)
    model = identify(ModelSpec(source=str(folder)), home)
    assert (model.weights_id, model.revision, model.name) == (COMMIT, COMMIT, "owner/name")


def test_precision_quantisation_cache_and_template_make_another_model(
    tmp_path: Path, home: Home
) -> None:
    source = str(toy_folder(tmp_path / "m"))
    plain = identify(ModelSpec(source=source), home)
    others = [
        identify(ModelSpec(source=source, dtype="bfloat16"), home),
        identify(ModelSpec(source=source, server_args={"quantization": "fp8"}), home),
        identify(ModelSpec(source=source, server_args={"kv_cache_dtype": "fp8"}), home),
        identify(ModelSpec(source=str(toy_folder(tmp_path / "t", template="x"))), home),
    ]
    assert len({model.model_id for model in [plain, *others]}) == 5
    same = ModelSpec(
        source=source, server_args={"kv-cache-dtype": "auto", "port": 1}, max_model_len=9
    )
    assert identify(same, home) == plain


def test_stored_quantisation_is_seen(tmp_path: Path, home: Home) -> None:
    folder = toy_folder(tmp_path / "m")
    config = {"model_type": "deepseek_v3", "quantization_config": {"quant_method": "fp8"}}
    (folder / "config.json").write_text(json.dumps(config))
    assert identify(ModelSpec(source=str(folder)), home).quantisation == "fp8"


def test_behind_a_url_name_and_revision_are_all_that_is_known(home: Home) -> None:
    spec = ModelSpec(source="owner/big", revision="v2", url="http://host/v1", licence="MIT")
    model = identify(spec, home)
    assert model == named_model("owner/big", "v2", "MIT")
    assert model.weights_id == "owner/big@v2"
    assert (model.dtype, model.path, model.opens_think) == (None, None, False)
    assert named_model("x", None).model_id == content_id(
        {
            "weights_id": "x@unverified",
            "dtype": None,
            "quantisation": None,
            "kv_cache_dtype": None,
            "chat_template_hash": None,
        }
    )


def test_a_url_beside_a_folder_is_that_folders_model(tmp_path: Path, home: Home) -> None:
    source = str(toy_folder(tmp_path / "m"))
    assert identify(ModelSpec(source=source, url="http://h/v1"), home) == identify(
        ModelSpec(source=source), home
    )


def test_a_prepared_model_is_found_by_name(home: Home) -> None:
    folder = toy_folder(home.models / "toy")
    assert resolve(ModelSpec(source="toy"), home) == folder


def test_an_unknown_model_names_the_nearest(home: Home) -> None:
    toy_folder(home.models / "smollm2-135m-instruct")
    with pytest.raises(UserError, match=r"did you mean 'smollm2-135m-instruct'\?.*make setup"):
        resolve(ModelSpec(source="smollm2-135m"), home)
    with pytest.raises(UserError, match="no such folder, and no model of that name"):
        resolve(ModelSpec(source="./not/there"), home)


def test_a_hub_id_that_the_hub_does_not_give(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    asked = {}

    def snapshot_download(name: str, **options: object) -> str:
        asked.update(options, name=name)
        raise OSError("no network\nlong story")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    with pytest.raises(UserError, match=r"Hub did not give it \(revision main\): no network$"):
        resolve(ModelSpec(source="owner/name"), home)
    assert asked["name"] == "owner/name"
    assert not [pattern for pattern in asked["allow_patterns"] if pattern in ("*.bin", "*.py", "*")]


@pytest.mark.parametrize(
    ("template", "opens"),
    [
        (CHATML, False),
        (CHATML + "{% if add_generation_prompt %}<think>\n{% endif %}", True),
        (CHATML + "<think>\n\n</think>\n\n", False),
        ("{{ bos_token }}{% generation %}<think>{% endgeneration %}", True),
        ("{% for m in messages %}{% if loop.first %}{% continue %}{% endif %}{% endfor %}", False),
        ("{{ messages | tojson }}{{ strftime_now('%Y') }}<think>", True),
    ],
)
def test_whether_the_prompt_opens_the_reasoning(tmp_path: Path, template: str, opens: bool) -> None:
    assert generation_prompt_opens_think(toy_folder(tmp_path / "m", template=template)) is opens


@pytest.mark.parametrize(
    "template",
    ["{% if %}", "{{ raise_exception('no') }}", "{{ messages.append(1) }}", "{{ x.y.z }}"],
)
def test_a_template_that_does_not_render_is_refused(tmp_path: Path, template: str) -> None:
    with pytest.raises(UserError, match="does not render one user message"):
        generation_prompt_opens_think(toy_folder(tmp_path / "m", template=template))


def test_where_templates_lie(tmp_path: Path) -> None:
    folder = toy_folder(tmp_path / "m", template=None)
    assert chat_template(folder) is None
    assert generation_prompt_opens_think(folder) is False
    config = folder / "tokenizer_config.json"
    named = [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]
    config.write_text(json.dumps({"chat_template": named, "bos_token": {"content": "<think>"}}))
    assert chat_template(folder) == "d"
    config.write_text(
        json.dumps({"chat_template": "{{ bos_token }}", "bos_token": {"content": "<think>"}})
    )
    assert generation_prompt_opens_think(folder) is True
    (folder / "chat_template.jinja").write_text("file")
    assert chat_template(folder) == "file"


def test_identity_needs_no_torch(tmp_path: Path) -> None:
    import subprocess
    import sys

    source = toy_folder(tmp_path / "m")
    script = (
        "import sys; from distill.config.models import ModelSpec;"
        "from distill.runs.home import Home;"
        "from distill.models.identity import identify;"
        f"identify(ModelSpec(source={str(source)!r}), Home.at({str(tmp_path / 'h')!r}));"
        "print(sorted({'torch', 'transformers', 'huggingface_hub', 'vllm'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
