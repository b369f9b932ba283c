import json
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from distill.cli.main import app
from distill.errors import UserError
from tests.warehouse.test_ask import interrupt_soon
from tests.warehouse.toy_warehouse import Toy, some_traces, uid
from warehouse.ask import ask
from warehouse.describe import schema
from warehouse.folder import MANIFEST, Folder
from warehouse.library import questions
from warehouse.publish import PARTITIONED, publish
from warehouse.published import PublishedWarehouse
from warehouse.trace_page import trace_page

STORED = ("rowid", "attempt_row")
"""Columns that say where a row is stored, which differs."""


def rows(source, text, /, **params):
    return ask(source, text, lambda rows: list(rows.objects()), params)


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    return some_traces(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def published(toy, tmp_path_factory):
    folder = Folder.at(str(tmp_path_factory.mktemp("published") / "folder"))
    publish(toy, folder)
    return PublishedWarehouse(folder)


def test_every_relation_holds_the_same_rows(toy, published):
    names = {row["relation"] for row in schema(toy)} - {"migrations", "marts"}
    assert {"attempts", "traces", "yield_by_source", "lineage"} <= names
    filled = 0
    for name in sorted(names):
        text = f"select columns(lambda c: c not in {STORED}) from {name} order by all"
        expected = rows(toy, text)
        assert rows(published, text) == expected, name
        filled += bool(expected)
    assert filled >= 15


def test_columns_types_and_comments_are_the_same(toy, published):
    def of(source):
        found = (row for row in schema(source) if row["column"] not in STORED)
        return [{k: v for k, v in row.items() if k != "kind"} for row in found]

    order = ("relation", "column")
    assert sorted(of(published), key=lambda r: [r[k] for k in order]) == sorted(
        of(toy), key=lambda r: [r[k] for k in order]
    )


def test_questions_and_pages_are_the_same(toy, published):
    for one in questions().values():
        bound = one.bound({})
        assert rows(published, one.text, **bound) == rows(toy, one.text, **bound), one.name
    assert trace_page(published, uid("a")) == trace_page(toy, uid("a"))


def test_traces_lie_apart_from_answers_of_evaluations(tmp_path):
    toy = Toy(tmp_path)
    toy.run("generate", "generate")
    toy.problem("p")
    for stream in ("datagen/2", "eval"):
        toy.attempt(stream, "p", stream=stream)
    folder = Folder.at(str(tmp_path / "out"))
    done = publish(toy, folder)
    parts = {path.name for path in (tmp_path / "out" / done.snapshot / "attempts").iterdir()}
    assert parts == {"stream=datagen%2F2", "stream=eval"}
    assert PARTITIONED == {"attempts": "stream"}
    (trace,) = rows(PublishedWarehouse(folder), "select stream from traces")
    assert trace == {"stream": "datagen/2"}


def test_readers_see_the_newest_snapshot_and_the_one_before_stays(tmp_path):
    toy, folder = Toy(tmp_path), Folder.at(str(tmp_path / "out"))
    publish(toy, folder)
    reader = PublishedWarehouse(folder)
    assert rows(reader, "select * from traces") == []  # of nothing no file is written
    for number in range(3):
        toy.insert("problems", [{"problem_id": uid(str(number)), "text": str(number)}])
        done = publish(toy, folder)
        assert done.num_rows == number + 1
        (row,) = rows(reader, "select count(*) as n from problems")
        assert row == {"n": number + 1}
    assert len(folder.snapshots()) == 2
    assert folder.snapshots()[-1] == done.snapshot


def test_a_publication_that_is_stopped_changes_nothing(tmp_path, monkeypatch):
    toy, folder = Toy(tmp_path), Folder.at(str(tmp_path / "out"))
    before = publish(toy, folder).snapshot
    monkeypatch.setattr("warehouse.publish._write", lambda *a: time.sleep(1))
    interrupt_soon(0.3)
    with pytest.raises(KeyboardInterrupt):
        publish(toy, folder)
    monkeypatch.undo()
    monkeypatch.setattr("warehouse.publish._move", lambda *a: Path("/nowhere/x").unlink())
    with pytest.raises(UserError, match=r"publish .*No such file"):
        publish(toy, folder)
    assert folder.manifest()["snapshot"] == before
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [before, MANIFEST]


def test_what_cannot_be_read_is_refused(tmp_path, published):
    with pytest.raises(UserError, match=r"no manifest.json in it. `distill warehouse publish`"):
        PublishedWarehouse(Folder.at(str(tmp_path)))
    with pytest.raises(UserError, match="nothing can be changed"):
        ask(published, "select 1", list, write=True)
    with pytest.raises(UserError, match=r"folder ftp://x/y:"):
        Folder.at("ftp://x/y")
    manifest = {"migrations": [["0001_core", "x"]], "snapshot": "s", "relations": {}}
    (tmp_path / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(UserError, match="published by another schema"):
        PublishedWarehouse(Folder.at(str(tmp_path)))
    (tmp_path / MANIFEST).write_text("{")
    with pytest.raises(UserError, match="cannot be read"):
        PublishedWarehouse(Folder.at(str(tmp_path)))


def test_the_commands_publish_and_ask(toy, tmp_path):
    runner = CliRunner(env={"DISTILL_HOME": str(toy.path.parent)})
    out = str(tmp_path / "out")
    assert "rows, " in runner.invoke(app, ["warehouse", "publish", out]).output
    elsewhere = CliRunner(env={"DISTILL_HOME": str(tmp_path / "empty")})
    asked = elsewhere.invoke(
        app, ["sql", "--warehouse", out, "--format", "csv", "select count(*) as n from traces"]
    )
    assert asked.output == "n\n4\n"
    shown = elsewhere.invoke(app, ["traces", "show", str(uid("a"))[:9], "--warehouse", out])
    assert str(uid("a")) in shown.output


@pytest.fixture
def s3(monkeypatch):
    """Return the name of a folder on a server that speaks S3."""
    server = pytest.importorskip("moto.server", reason="moto is pinned for the CPU set only")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    name = f"s3://bucket/traces?endpoint_override={host}:{port}&scheme=http"
    Folder.at(f"{name}&allow_bucket_creation=true").files.create_dir("bucket")
    yield name
    running.stop()


def test_object_storage_holds_a_warehouse_too(toy, s3):
    folder = Folder.at(s3)
    before = [publish(toy, folder).snapshot for _ in range(3)]
    assert folder.snapshots() == before[1:]
    reader = PublishedWarehouse(Folder.at(s3))
    for text in ("from yield_by_source", "select attempt_id, reasoning from traces order by all"):
        assert rows(reader, text) == rows(toy, text)
    with pytest.raises(UserError, match="s3://nowhere/x"):
        PublishedWarehouse(Folder.at(s3.replace("bucket/traces", "nowhere/x")))
