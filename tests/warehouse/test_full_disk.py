"""A disk that is really full: each step says so, and leaves what was there."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from distill.cli.main import app
from distill.errors import UserError
from tests.small_disk import enlarge, small_disk
from tests.warehouse.toy_warehouse import Toy, uid
from warehouse.checks import run_checks
from warehouse.compact import compact
from warehouse.fingerprint import Fingerprint, fingerprints

BATCH = 100


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Toy]:
    with small_disk(tmp_path / "disk", 24) as disk:
        yield Toy(disk)


def problems(batch: int) -> list[dict[str, object]]:
    """Return 100 problems of 10 KB that do not compress to less than a half."""
    names = (f"{batch}-{number}" for number in range(BATCH))
    return [{"problem_id": uid(name), "text": os.urandom(5000).hex()} for name in names]


def held(toy: Toy) -> dict[str, Fingerprint]:
    with toy.read() as connection:
        return fingerprints(connection)


def test_a_full_disk_is_told_and_the_same_command_goes_on_when_there_is_room(toy: Toy) -> None:
    num_kept, before = 0, held(toy)
    with pytest.raises(UserError, match="Nothing of this step was written; make room"):
        for batch in range(100):
            rows = problems(batch)
            assert toy.insert("problems", rows) == BATCH
            num_kept, before = num_kept + 1, held(toy)
    assert num_kept > 3
    assert held(toy) == before
    assert run_checks(toy) == []
    with pytest.raises(UserError, match=r"compaction needs .* MB beside it"):
        compact(toy)
    enlarge(toy.path.parent, 64)
    assert toy.insert("problems", rows) == BATCH
    assert toy.query("select count(*) as n from problems") == [{"n": (num_kept + 1) * BATCH}]
    assert run_checks(toy) == []


def test_a_stage_refuses_to_begin_on_a_disk_that_is_nearly_full(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTILL_HOME", str(toy.path.parent))
    before = held(toy)
    result = CliRunner().invoke(app, ["prompts", "--recipe", "tiny"])
    assert isinstance(result.exception, UserError)
    assert "MB free on its disk, 200 MB are needed. Make room" in str(result.exception)
    assert held(toy) == before


@pytest.mark.parametrize(
    "words",
    [
        ("warehouse", "backup", "{full}/copy.duckdb"),
        ("sql", "from problems", "--output", "{full}/out.parquet"),
        ("sql", "from problems", "--output", "{full}/out.csv"),
        ("warehouse", "publish", "{full}/folder"),
    ],
    ids=["backup", "parquet", "csv", "publish"],
)
def test_what_is_written_elsewhere_says_that_the_disk_there_is_full(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    toy.insert("problems", problems(0))
    before = held(toy)
    monkeypatch.setenv("DISTILL_HOME", str(toy.path.parent))
    with small_disk(tmp_path / "full", 1) as full:
        (full / "filler").write_bytes(bytes(800_000))
        result = CliRunner().invoke(app, [word.format(full=full) for word in words])
        assert isinstance(result.exception, UserError), result.output
        assert str(full) in str(result.exception)
        assert [path.name for path in full.rglob("*") if path.is_file()] == ["filler"]
    assert held(toy) == before
