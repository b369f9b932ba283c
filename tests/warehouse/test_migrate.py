import shutil

import duckdb
import pytest

from distill.errors import UserError
from warehouse import scripts
from warehouse.database import Warehouse


@pytest.fixture
def code(tmp_path, monkeypatch):
    """A copy of migrations and marts that may be changed, as a later version of the code would."""
    for folder in ("migrations", "marts"):
        shutil.copytree(scripts.HERE / folder, tmp_path / "code" / folder)
    monkeypatch.setattr(scripts, "HERE", tmp_path / "code")
    yield tmp_path / "code"
    monkeypatch.undo()
    forget()


def forget():
    scripts.migrations.cache_clear()
    scripts.marts.cache_clear()


def opened(tmp_path):
    forget()
    return Warehouse(tmp_path / "warehouse.duckdb", "test")


def applied(warehouse):
    return [row["name"] for row in warehouse.query("applied_migrations")]


def test_a_new_file_has_all_and_opening_it_again_changes_nothing(tmp_path):
    before = Warehouse(tmp_path / "warehouse.duckdb", "test").path.read_bytes()
    warehouse = Warehouse(tmp_path / "warehouse.duckdb", "test")
    assert warehouse.path.read_bytes() == before
    assert applied(warehouse) == [script.name for script in scripts.migrations()]
    assert warehouse.query("from marts order by name") == [
        {"name": mart.name, "sha256": mart.sha256}
        for mart in sorted(scripts.marts(), key=lambda mart: mart.name)
    ]


def test_migrations_are_numbered_one_by_one():
    numbers = [script.number for script in scripts.migrations()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_later_migration_is_applied_and_announced_once(tmp_path, code, capsys):
    opened(tmp_path)
    (code / "migrations/9999_more.sql").write_text("alter table problems add column more integer")
    warehouse = opened(tmp_path)
    assert applied(warehouse)[-1] == "9999_more"
    assert warehouse.query("select more from problems") == []
    assert capsys.readouterr().err == f"warehouse {warehouse.path}: migration 9999_more\n"
    opened(tmp_path)
    assert capsys.readouterr().err == ""


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path, code):
    opened(tmp_path)
    wrong = code / "migrations/9999_more.sql"
    wrong.write_text("create table more (i integer); create table more (i integer)")
    with pytest.raises(duckdb.CatalogException, match="already exists"):
        opened(tmp_path)
    wrong.write_text("create table more (i integer)")
    assert applied(opened(tmp_path))[-1] == "9999_more"


def test_a_newer_schema_is_refused(tmp_path, code):
    later = code / "migrations/9999_more.sql"
    later.write_text("create table more (i integer)")
    opened(tmp_path)
    later.unlink()
    with pytest.raises(UserError, match=r"newer than this code \(9999_more.*Update distill"):
        opened(tmp_path)


def test_a_migration_that_was_edited_since_is_refused(tmp_path, code):
    opened(tmp_path)
    first = code / "migrations/0001_core.sql"
    first.write_text(first.read_text() + "-- edited")
    with pytest.raises(
        UserError, match=r"another migration 0001_core \(SHA-256 [0-9a-f]{12}, here"
    ):
        opened(tmp_path)


def test_marts_follow_their_files(tmp_path, code):
    opened(tmp_path)
    (code / "marts/first_sources.sql").write_text("create view first_sources as select 1 as one")
    (code / "marts/yield_by_source.sql").unlink()
    (code / "marts/dropped_problems.sql").unlink()
    (code / "marts/a_reader.sql").write_text(
        "-- not of traces\ncreate view a_reader as select one + 1 as two from first_sources"
    )
    warehouse = opened(tmp_path)
    assert warehouse.query("a_reader") == [{"two": 2}]
    with pytest.raises(duckdb.CatalogException):
        warehouse.query("select * from yield_by_source")


def test_marts_come_after_those_that_they_read():
    names = [mart.name for mart in scripts.marts()]
    assert names.index("traces") > names.index("attempts_all") > names.index("attempt_states")


def test_a_creation_that_was_killed_leaves_no_half_warehouse(tmp_path):
    (tmp_path / ".warehouse.duckdb.new").write_text("half")
    (tmp_path / ".warehouse.duckdb.new.wal").write_text("half")
    assert opened(tmp_path).query("traces") == []
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "warehouse.duckdb",
        "warehouse.duckdb.lock",
    ]


def test_views_work_whatever_name_the_file_is_attached_under(tmp_path):
    warehouse = opened(tmp_path)
    with duckdb.connect(":memory:") as other:
        other.execute("attach $path as mine (read_only)", {"path": str(warehouse.path)}).fetchall()
        assert other.execute("select * from mine.traces").fetchall() == []
