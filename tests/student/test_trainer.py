"""Numerical proof: the training is the plain one that its settings describe."""

import itertools
import json
import math
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from distill.errors import UserError
from distill.models.weights import weights_id
from distill.templates.render import prompt_ids
from student import callbacks, trainer
from student.export import export
from student.prepare import Prepared, collator
from tests.student.toy_student import toy_base, toy_prepared, toy_traces
from tests.toy_models import chatml_tokenizer, r1_tokenizer, save_toy_model


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """A toy is faster on one, however busy the machine is."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return toy_base(tmp_path)


def quiet(*_: Any, **__: Any) -> None:
    """Stands for a progress bar and for a terminal."""


def trained(prepared: Prepared, work: Path) -> trainer.Trained:
    return trainer.train(prepared, work, quiet, quiet)


def rows(prepared: Prepared) -> list[dict[str, list[int]]]:
    items = prepared.data.train
    return [{"input_ids": i.encoded.input_ids, "labels": i.encoded.labels} for i in items]


def plain_loss(model: Any, batch: list[dict[str, list[int]]]) -> torch.Tensor:
    """Cross-entropy by hand: one sequence after the other, no padding, the mean over labels."""
    total, count = torch.zeros(()), 0
    for row in batch:
        logits = model(torch.tensor([row["input_ids"]])).logits[0]
        for position, label in enumerate(row["labels"][1:]):
            if label != -100:
                total = total - torch.log_softmax(logits[position], dim=-1)[label]
                count += 1
    return total / count


def weights(model: Any) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def largest_difference(one: Any, other: Any) -> float:
    ours, theirs = weights(one), weights(other)
    assert ours.keys() == theirs.keys()
    return max(float((ours[name] - theirs[name]).abs().max()) for name in ours)


def test_the_loss_is_cross_entropy_over_the_completion(base: Path, tmp_path: Path) -> None:
    prepared = toy_prepared(base)
    model = trainer.load_model(base, prepared.tokenizer)
    ours = trainer.make_trainer(model, prepared, tmp_path / "work")
    batch = rows(prepared)[:4]
    with torch.no_grad():
        loss = ours.compute_loss(ours.model, collator(prepared.tokenizer)(batch))
        expected = plain_loss(AutoModelForCausalLM.from_pretrained(base), batch)
    assert abs(float(loss) - float(expected)) < 1e-5


def test_steps_are_those_of_a_plain_loop(base: Path, tmp_path: Path) -> None:
    """AdamW, clipping at 1, the mean over all labels of a batch, the cosine: three steps."""
    prepared = toy_prepared(base, num_epochs=1, batch_size=3, micro_batch_size=1, warmup_ratio=0.5)
    ours = trained(prepared, tmp_path / "work")
    model = AutoModelForCausalLM.from_pretrained(base).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.0)
    losses = []
    generator = torch.Generator().manual_seed(prepared.job.sft.seed)
    order = torch.randperm(8, generator=generator).tolist()
    for step, share in enumerate([0.5, 1.0, 0.1]):
        batch = [rows(prepared)[i] for i in order[3 * step : 3 * step + 3]]
        optimiser.param_groups[0]["lr"] = 1e-3 * share
        optimiser.zero_grad()
        loss = plain_loss(model, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        losses.append(loss.item())
    assert ours.metrics["num_steps"] == 3
    assert abs(ours.metrics["first_loss"] - losses[0]) < 1e-5
    assert abs(ours.metrics["last_loss"] - losses[-1]) < 1e-5
    assert largest_difference(ours.model, model) < 1e-5


def test_a_single_step_learns_at_the_full_rate(base: Path, tmp_path: Path) -> None:
    prepared = toy_prepared(base, max_steps=1)
    ours = trained(prepared, tmp_path / "work")
    before = AutoModelForCausalLM.from_pretrained(base)
    assert ours.metrics["num_steps"] == 1
    assert largest_difference(ours.model, before) == pytest.approx(1e-3, rel=1e-2)


@pytest.mark.parametrize(
    ("epochs", "max_steps", "examples", "steps"),
    [(2, None, 8, 4), (2, 3, 8, 3), (2, 9, 8, 4), (1, None, 9, 3), (0.5, None, 8, 1)],
)
def test_steps_stop_at_the_epochs_or_earlier(
    base: Path, epochs: float, max_steps: int | None, examples: int, steps: int
) -> None:
    sft = toy_prepared(base, num_epochs=epochs, max_steps=max_steps).job.sft
    assert trainer.num_steps(sft, examples) == steps


def test_metrics_count_what_was_trained_on(base: Path, tmp_path: Path) -> None:
    prepared = toy_prepared(base, num_epochs=1)
    metrics = trained(prepared, tmp_path / "work").metrics
    tokens = sum(len(item.encoded.input_ids) for item in prepared.data.train)
    assert metrics["num_tokens"] == tokens
    assert (metrics["num_examples"], metrics["num_validation"]) == (8, 2)
    assert metrics["validation_loss_after"] < metrics["validation_loss_before"]
    assert metrics["tokens_per_sec"] == pytest.approx(tokens / metrics["seconds"], rel=0.01)


def test_without_a_validation_split_there_is_no_validation_loss(base: Path, tmp_path: Path) -> None:
    metrics = trained(toy_prepared(base, toy_traces(4, 0)), tmp_path / "work").metrics
    assert (metrics["validation_loss_before"], metrics["validation_loss_after"]) == (None, None)


def test_the_same_seed_gives_the_same_weights(base: Path, tmp_path: Path) -> None:
    one = trained(toy_prepared(base), tmp_path / "one")
    two = trained(toy_prepared(base), tmp_path / "two")
    other = trained(toy_prepared(base, seed=1), tmp_path / "three")
    assert largest_difference(one.model, two.model) == 0.0
    assert largest_difference(one.model, other.model) > 0.0


def presses_ctrl_c(after_steps: list[int]) -> Any:
    steps = itertools.count(1)

    def advance(n: int, note: str) -> None:
        if next(steps) in after_steps:
            signal.raise_signal(signal.SIGINT)

    return advance


@pytest.mark.parametrize("lora", [None, {"r": 4, "alpha": 8}])
def test_ctrl_c_saves_and_going_on_gives_the_same_weights(
    base: Path, tmp_path: Path, lora: dict[str, int] | None
) -> None:
    prepared = toy_prepared(base, lora=lora)
    whole = trained(prepared, tmp_path / "whole")
    work = tmp_path / "work"

    notes: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        trainer.train(prepared, work, presses_ctrl_c(after_steps=[1]), notes.append)
    assert notes == ["finishing this step and saving; Ctrl-C again stops at once"]
    assert [path.name for path in work.glob("checkpoint-*")] == ["checkpoint-2"]
    resumed = trained(prepared, work)
    assert largest_difference(resumed.model, whole.model) == 0.0
    for figure in ("first_loss", "last_loss", "num_tokens", "validation_loss_before"):
        assert resumed.metrics[figure] == whole.metrics[figure]


def test_a_second_ctrl_c_stops_at_once(base: Path, tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        advance = presses_ctrl_c(after_steps=[1, 2])
        trainer.train(toy_prepared(base), tmp_path / "work", advance, quiet)
    assert list((tmp_path / "work").glob("checkpoint-*")) == []
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_in_the_last_step_leaves_nothing_to_train(base: Path, tmp_path: Path) -> None:
    prepared, work = toy_prepared(base), tmp_path / "work"
    with pytest.raises(KeyboardInterrupt):
        trainer.train(prepared, work, presses_ctrl_c(after_steps=[3]), quiet)
    assert [path.name for path in work.glob("checkpoint-*")] == ["checkpoint-4"]
    resumed = trained(prepared, work)
    assert resumed.metrics["num_steps"] == 4
    assert largest_difference(resumed.model, trained(prepared, tmp_path / "whole").model) == 0.0


def test_a_crash_costs_the_steps_since_the_last_checkpoint_only(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "SAVE_AFTER_SEC", 0.0)
    monkeypatch.setattr(callbacks, "SAVE_SHARE", math.inf)
    prepared, work = toy_prepared(base), tmp_path / "work"
    done: list[str] = []

    def crash(n: int, note: str) -> None:
        done.append(note)
        if len(done) == 4:
            raise MemoryError

    with pytest.raises(MemoryError):
        trainer.train(prepared, work, crash, quiet)
    torn = work / "checkpoint-4"
    torn.mkdir()
    (torn / "model.safetensors").write_bytes(b"half of it")
    steps: list[int] = []
    resumed = trainer.train(prepared, work, lambda n, note: steps.append(n), quiet)
    assert steps == [4]
    assert largest_difference(resumed.model, trained(prepared, tmp_path / "whole").model) == 0.0


def test_lora_is_merged_and_leaves_the_rest_as_it_was(base: Path, tmp_path: Path) -> None:
    prepared = toy_prepared(base, lora={"r": 4, "alpha": 8}, learning_rate=1e-2)
    model = trained(prepared, tmp_path / "work").model
    before = AutoModelForCausalLM.from_pretrained(base).state_dict()
    layer = "model.layers.0.self_attn.q_proj"
    adapted = model.get_submodule(f"base_model.{'model.' + layer}")
    down, up = adapted.lora_A["default"].weight, adapted.lora_B["default"].weight
    expected = before[f"{layer}.weight"] + 8 / 4 * (up @ down).detach()
    assert float(up.detach().abs().max()) > 1e-3
    batch = torch.tensor([rows(prepared)[0]["input_ids"]])
    with torch.no_grad():
        logits = model.eval()(batch).logits.clone()
    export(model, prepared.tokenizer, tmp_path / "out", "float32")
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    after = merged.state_dict()
    assert torch.allclose(after[f"{layer}.weight"], expected, atol=1e-6)
    assert torch.equal(after["model.embed_tokens.weight"], before["model.embed_tokens.weight"])
    with torch.no_grad():
        assert torch.allclose(merged(batch).logits, logits, atol=1e-5)


def generate(folder: Path, messages: list[dict[str, str]]) -> str:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    prompt = prompt_ids(tokenizer, messages)
    output = model.generate(torch.tensor([prompt]), max_new_tokens=60, do_sample=False)
    return str(tokenizer.decode(output[0][len(prompt) :]))


@pytest.mark.parametrize("make_tokenizer", [chatml_tokenizer, r1_tokenizer])
def test_an_overfitted_student_writes_its_trace_and_stops(
    tmp_path: Path, make_tokenizer: Any
) -> None:
    tokenizer = make_tokenizer()
    base = save_toy_model(tmp_path / "base", tokenizer, tie_word_embeddings=False)
    traces = [replace(trace, reasoning="add") for trace in toy_traces(8, 0)]
    prepared = toy_prepared(
        base, traces, num_epochs=150, batch_size=8, micro_batch_size=8, learning_rate=1e-2
    )
    student = trained(prepared, tmp_path / "work")
    assert student.metrics["last_loss"] < 0.05
    folder = tmp_path / "out"
    export(student.model, prepared.tokenizer, folder, "float32")
    for item in prepared.data.train:
        written = generate(folder, item.example.messages)
        assert written == f"{item.example.completion}{tokenizer.eos_token}"


def test_the_exported_folder_is_consistent_for_servers(tmp_path: Path) -> None:
    tokenizer = chatml_tokenizer(eos_token="<|endoftext|>", pad_token=None)
    base = save_toy_model(tmp_path / "base", tokenizer, eos_token_id=0)
    (base / "generation_config.json").write_text(
        json.dumps({"temperature": 0.6, "do_sample": True, "top_k": 20, "eos_token_id": [0]})
    )
    prepared = toy_prepared(base, max_steps=1)
    folder = tmp_path / "out"
    export(trained(prepared, tmp_path / "work").model, prepared.tokenizer, folder, "bfloat16")
    config, generation, tokens = (
        json.loads((folder / f"{name}.json").read_text())
        for name in ("config", "generation_config", "tokenizer_config")
    )
    assert config["architectures"] == ["LlamaForCausalLM"]
    assert (config["dtype"], config["vocab_size"]) == ("bfloat16", 259)
    assert (config["eos_token_id"], config["use_cache"]) == (2, True)
    assert generation.pop("transformers_version")
    assert generation == {"eos_token_id": [2, 0], "pad_token_id": 2}
    assert (tokens["eos_token"], tokens["pad_token"]) == ("<|im_end|>", "<|im_end|>")
    assert (folder / "chat_template.jinja").read_text() == tokenizer.chat_template
    assert not [path.name for path in folder.iterdir() if path.suffix in (".bin", ".pt", ".py")]
    loaded = AutoModelForCausalLM.from_pretrained(folder)
    assert loaded.dtype == torch.bfloat16
    assert weights_id(folder) != weights_id(base)


def test_an_export_replaces_what_a_crash_left(base: Path, tmp_path: Path) -> None:
    prepared = toy_prepared(base)
    model = trainer.load_model(base, prepared.tokenizer)
    for left in (tmp_path / "out", tmp_path / ".out.export"):
        left.mkdir()
        (left / "model-00001-of-00002.safetensors").write_bytes(b"half")
    export(model, prepared.tokenizer, tmp_path / "out", None)
    assert [path.name for path in (tmp_path / "out").glob("*.safetensors")] == ["model.safetensors"]
    assert not (tmp_path / ".out.export").exists()


def test_a_model_that_does_not_load_is_a_users_error(base: Path) -> None:
    prepared = toy_prepared(base)
    (base / "model.safetensors").write_bytes(b"\x00" * 64)
    with pytest.raises(UserError, match="its model does not load"):
        trainer.load_model(base, prepared.tokenizer)


def test_a_tokenizer_of_another_model_is_refused(tmp_path: Path) -> None:
    base = save_toy_model(tmp_path / "base", chatml_tokenizer())
    r1_tokenizer().save_pretrained(base)
    with pytest.raises(UserError, match="259 embeddings, but its tokenizer has 1 tokens beyond"):
        trainer.load_model(base, toy_prepared(base).tokenizer)
