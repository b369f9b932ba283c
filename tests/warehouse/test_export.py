import json
import os
import shutil
from functools import partial

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from datagen.sources.layouts import read_layout
from distill.cli.main import app
from distill.errors import UserError
from distill.ids import content_id, prompt_id
from tests.warehouse.test_ask import interrupt_soon
from tests.warehouse.toy_warehouse import Toy, uid
from warehouse.card import _cell
from warehouse.export import EXPORTER, choose_dataset, export_dataset
from warehouse.layouts import LAYOUTS
from warehouse.writers import WRITERS

FORMATS = list(WRITERS)


def dataset(toy, name, run, *attempts, arm="verified"):
    """Choose attempts (name, problem, split) as a training set."""
    items = [
        {"attempt_id": uid(attempt), "split": split, "weight": 1.0}
        | {"training_prompt_id": prompt_id(toy.messages(problem)), "position": position}
        for position, (attempt, problem, split) in enumerate(attempts)
    ]
    id_ = uid(name)
    toy.insert("dataset_items", [item | {"dataset_id": id_} for item in items])
    toy.insert("datasets", [{"dataset_id": id_, "num_items": len(items), "created": "2026-01-01"}])
    chosen = {"dataset_id": id_, "arm": arm, "selection_hash": content_id(arm), "selection": {}}
    toy.insert("dataset_arms", [chosen | {"run_id": uid(run)}])
    return str(id_)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Three traces of two sources, one without an answer, chosen by two runs."""
    toy = Toy(tmp_path_factory.mktemp("export"))
    toy.run("generate", "generate")
    row = {"run_id": uid("d"), "stage": "dataset", "host": "h", "code_version": "1"}
    row |= {"started": "2026-01-03", "status": "finished"}
    toy.insert("runs", [row | {"recipe": {"name": "r", "prompts": [{"name": "z"}, {"name": "b"}]}}])
    toy.problem("one", "b", "z", domain="math")
    toy.problem("two", "b", domain="code")
    toy.attempt("t1", "one")
    toy.attempt("t2", "two", model="other")
    toy.attempt("t3", "two", outcome="length")
    items = ("t2", "two", "train"), ("t1", "one", "validation"), ("t3", "two", "train")
    dataset(toy, "set", "d", *items)
    return toy


@pytest.fixture
def toy(made, tmp_path):
    shutil.copy(made.path, tmp_path)
    return Toy(tmp_path)


def export(toy, folder, layout="messages", format_="jsonl"):
    return export_dataset(toy, str(uid("set")), folder, layout=layout, format_=format_)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_row_names_prompt_completion_source_and_teacher(toy, tmp_path):
    exported = export(toy, tmp_path / "out")
    (row,) = lines(tmp_path / "out" / "train.jsonl")
    assert row == {
        "messages": [
            *toy.messages("two"),
            {"role": "assistant", "content": "<think>\né🙂 t2\n</think>\n\nanswer t2"},
        ],
        "id": str(uid("t2")),
        "problem_id": str(uid("two")),
        "source": "b",
        "domain": "code",
        "licence": "MIT",
        "revision": "1",
        "teacher": "other",
        "teacher_revision": None,
        "teacher_licence": "MIT",
        "weight": 1.0,
    }
    (row,) = lines(tmp_path / "out" / "validation.jsonl")
    assert row["source"] == "z"  # the recipe names it before b
    assert (exported.splits, exported.num_unanswered) == ({"train": 1, "validation": 1}, 1)


def test_layouts_are_those_that_others_read(toy, tmp_path):
    answer = "<think>\né🙂 t2\n</think>\n\nanswer t2"
    export(toy, tmp_path / "a", "prompt-completion")
    (row,) = lines(tmp_path / "a" / "train.jsonl")
    assert row["prompt"] == toy.messages("two")
    assert row["completion"] == [{"role": "assistant", "content": answer}]
    export(toy, tmp_path / "b", "sharegpt")
    (row,) = lines(tmp_path / "b" / "train.jsonl")
    assert row["conversations"][-1] == {"from": "gpt", "value": answer}
    assert [turn["from"] for turn in row["conversations"]] == ["human", "gpt", "human", "gpt"]


@pytest.mark.parametrize("layout", ["messages", "sharegpt"])
def test_what_is_exported_can_be_imported(toy, tmp_path, layout):
    export(toy, tmp_path / "out", layout)
    (row,) = lines(tmp_path / "out" / "train.jsonl")
    laid = read_layout(row, "auto", "row")
    assert laid.messages == toy.messages("two")
    (response,) = laid.responses
    assert response.text[slice(*response.answer)].strip() == "answer t2"


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_set_makes_the_same_bytes(toy, tmp_path, layout, format_):
    first = contents(export_in(toy, tmp_path / "a" / "x", layout, format_))
    toy.problem("two", "a", domain="stem")  # what comes later changes nothing
    toy.run("later", "dataset", recipe="other", day=9)
    dataset(toy, "set", "later", ("t2", "two", "train"), arm="other")
    toy.attempt("t4", "two")
    assert contents(export_in(toy, tmp_path / "b" / "y", layout, format_)) == first
    assert len(first) >= 4
    card = first["README.md"].decode()
    for told in (str(uid("set")), layout, format_, EXPORTER):
        assert told in card


def export_in(toy, folder, layout, format_):
    export(toy, folder, layout, format_)
    return folder


def contents(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize("format_", FORMATS)
def test_datasets_loads_all_of_them(toy, tmp_path, format_, monkeypatch):
    from datasets import load_dataset, load_from_disk

    export(toy, tmp_path / "out", "messages", format_)
    loaded = load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in loaded.items()} == {"train": 1, "validation": 1}
    assert loaded["train"][0]["messages"][0] == toy.messages("two")[0]
    if format_ == "datasets":
        assert load_from_disk(str(tmp_path / "out"))["train"][0]["id"] == str(uid("t2"))


def test_the_card_names_sources_licences_revisions_and_teachers(toy, tmp_path):
    export(toy, tmp_path / "out", "messages", "parquet")
    card = (tmp_path / "out" / "README.md").read_text()
    assert 'license: "mit"' in card
    assert "| b | code | MIT | 1 | 1 |" in card
    assert "| z | math | MIT | 1 | 1 |" in card
    assert "| other | unverified | MIT | 1 |" in card
    assert "| left out | 1 traces that hold no answer |" in card
    facts = json.loads((tmp_path / "out" / "export.json").read_text())
    assert facts["files"].keys() == {"train.parquet", "validation.parquet"}
    assert facts["sources"][0] == {"source": "b", "domain": "code", "licence": "MIT"} | {
        "revision": "1",
        "num_traces": 1,
    }
    assert pq.read_table(tmp_path / "out" / "train.parquet").num_rows == 1
    assert _cell("a|b\n<script>") == r"a\|b↵\<script\>"


def test_a_folder_is_whole_or_not_there(toy, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    fail = partial(os.truncate, "/nowhere/x", 0)
    monkeypatch.setattr("warehouse.export._sha256", lambda path: fail())
    with pytest.raises(UserError, match="No such file"):
        export(toy, folder)
    monkeypatch.undo()
    monkeypatch.setattr("warehouse.export._write", lambda *a: __import__("time").sleep(1))
    interrupt_soon(0.3)
    with pytest.raises(KeyboardInterrupt):
        export(toy, folder)
    monkeypatch.undo()
    assert not list(tmp_path.glob("*out*"))
    export(toy, folder)
    with pytest.raises(UserError, match="it is there already"):
        export(toy, folder)


def test_a_set_is_chosen_by_id_or_arm(toy):
    toy.run("second", "dataset", recipe="other", day=5)
    newest = dataset(toy, "newer", "second", ("t1", "one", "train"))

    def choose(dataset=None, arm=None, recipe=None):
        return choose_dataset(toy, dataset=dataset, arm=arm, recipe=recipe).dataset_id

    assert choose(arm="verified") == newest
    assert choose(arm="verified", recipe="r") == str(uid("set"))
    assert choose(dataset=newest[:8]) == newest
    for arguments, message in [
        ({}, "name either --dataset ID or --arm NAME"),
        ({"arm": "verifed"}, r"--arm 'verifed': .*did you mean 'verified'"),
        ({"dataset": "ffffffffffff"}, "--dataset ffffffffffff: no training set"),
        ({"dataset": "x", "arm": "y"}, "name either"),
    ]:
        with pytest.raises(UserError, match=message):
            choose(**arguments)


def test_the_command_exports_and_refuses(toy, tmp_path):
    runner = CliRunner(env={"DISTILL_HOME": str(tmp_path)})
    out = tmp_path / "out"
    done = runner.invoke(app, ["warehouse", "export", str(out), "--arm", "verified"])
    assert "1 train + 1 validation traces" in done.output
    assert "left out: 1 traces that hold no answer" in done.output
    assert (out / "train.parquet").is_file()
    refused = runner.invoke(app, ["warehouse", "export", "x", "--arm", "a", "--layout", "sharegtp"])
    assert "did you mean 'sharegpt'" in str(refused.exception)
