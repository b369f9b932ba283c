from dataclasses import replace
from pathlib import Path

import pytest

from distill.errors import UserError
from distill.models.identity import named_model
from distill.runs.home import Home
from distill.templates.render import IGNORED, prompt_ids
from student import space
from student.data import Dataset, encode_traces
from student.job import Job
from student.prepare import check_items, collator, gate_sample, prepare, student_tokenizer
from tests.student.toy_student import DATASET, toy_base, toy_prepared, toy_traces
from tests.toy_models import chatml_tokenizer


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return toy_base(tmp_path)


def test_the_batch_masks_prompt_and_padding_and_trains_one_end_of_sequence(base: Path) -> None:
    prepared = toy_prepared(base)
    tokenizer, items = prepared.tokenizer, prepared.data.train[:3]
    assert tokenizer.pad_token_id == tokenizer.eos_token_id
    batch = collator(tokenizer)(
        [{"input_ids": i.encoded.input_ids, "labels": i.encoded.labels} for i in items]
    )
    for item, ids, labels in zip(items, batch["input_ids"], batch["labels"], strict=True):
        prompt = len(prompt_ids(tokenizer, item.example.messages))
        length = len(item.encoded.input_ids)
        assert labels[:prompt].tolist() == [IGNORED] * prompt
        assert labels[prompt:length].tolist() == ids[prompt:length].tolist()
        assert tokenizer.decode(labels[prompt:length]) == f"{item.example.completion}<|im_end|>"
        assert labels[length:].tolist() == [IGNORED] * (len(labels) - length)
        assert labels.tolist().count(tokenizer.eos_token_id) == 1


def test_a_base_that_ends_documents_otherwise_ends_turns_as_its_template_does(
    tmp_path: Path,
) -> None:
    base = toy_base(tmp_path, chatml_tokenizer(eos_token="<|endoftext|>", pad_token=None))
    tokenizer = student_tokenizer(base)
    assert (tokenizer.eos_token, tokenizer.pad_token) == ("<|im_end|>", "<|im_end|>")


def test_the_gate_sees_the_shortest_and_the_longest() -> None:
    traces = [replace(trace, reasoning="x" * i) for i, trace in enumerate(toy_traces(200, 0))]
    items = encode_traces(chatml_tokenizer(), traces, max_length=999, over_length="drop").train
    lengths = [len(item.encoded.input_ids) for item in gate_sample(items)]
    everything = [len(item.encoded.input_ids) for item in items]
    assert len(lengths) == 64
    assert (lengths[0], lengths[-1]) == (min(everything), max(everything))


def test_the_gate_refuses_by_name(base: Path) -> None:
    prepared = toy_prepared(base)
    item = prepared.data.train[3]
    cut = replace(
        item,
        encoded=replace(
            item.encoded,
            input_ids=item.encoded.input_ids[:-9],
            completion_mask=item.encoded.completion_mask[:-9],
        ),
    )
    with pytest.raises(UserError, match=f"example {item.example.name} .*the target is truncated"):
        check_items(prepared.tokenizer, [prepared.data.train[0], cut])


def test_traces_beyond_the_models_context_are_left_out(tmp_path: Path) -> None:
    base = toy_base(tmp_path, max_position_embeddings=70)
    job = toy_prepared(base).job
    known = replace(job, base=replace(named_model("base", None), path=base))
    dataset = Dataset(dataset_id=DATASET, traces=tuple(toy_traces()))
    data = prepare(known, dataset, Home.at(str(tmp_path))).data
    assert (len(data.train), data.num_over_length) == (6, 3)


def test_no_room_on_the_disk_is_said_before_any_work(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sft = toy_prepared(base).job.sft
    assert space.num_parameters(base) == 26880
    monkeypatch.setattr(space.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 700_000}))
    with pytest.raises(UserError, match=r"training base may need 0\.0 GB, 0\.0 GB are free"):
        space.check_space(base, tmp_path / "checkpoints", sft)
    space.check_space(base, tmp_path / "checkpoints", type(sft)(lora={"r": 4}))


def test_the_same_key_means_the_same_training(base: Path) -> None:
    job = toy_prepared(base).job
    assert job.key == Job(**vars(job)).key
    others = [
        replace(job, dataset_id=job.key),
        replace(job, base=named_model("other", None)),
        replace(job, settings_hash=job.key),
    ]
    assert len({job.key, *(other.key for other in others)}) == 4
