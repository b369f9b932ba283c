"""Backups, compaction and the proofs that they rest on."""

import json
import random
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from typer.testing import CliRunner

from distill.cli.main import app
from distill.errors import UserError
from tests.warehouse.test_marts import fill
from tests.warehouse.toy_warehouse import Toy, uid
from warehouse.backup import backup, restore
from warehouse.checks import run_checks
from warehouse.compact import compact
from warehouse.connection import wal
from warehouse.database import Warehouse
from warehouse.fingerprint import fingerprints


@pytest.fixture(scope="module")
def filled_file(tmp_path_factory):
    toy = Toy(tmp_path_factory.mktemp("filled"))
    with toy.write():
        fill(toy)
    return toy.path


@pytest.fixture
def home(filled_file, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(filled_file, home)
    monkeypatch.setenv("DISTILL_HOME", str(home))
    return home


@pytest.fixture
def toy(home):
    return Toy(home)


def command(*arguments):
    return CliRunner().invoke(app, ["warehouse", *arguments])


def held(warehouse):
    with warehouse.read() as connection:
        return fingerprints(connection)


def spoil(path: Path) -> None:
    """Overwrite the second half of every block of 256 KB but the first, behind the headers."""
    raw = bytearray(path.read_bytes())
    for block in range(12_288 + 262_144, len(raw), 262_144):
        raw[block + 1000 : block + 200_000] = b"\xff" * len(raw[block + 1000 : block + 200_000])
    path.write_bytes(raw)


def test_a_fingerprint_tells_content_and_not_order(toy):
    before = held(toy)
    assert before["attempts"].num_rows == 4
    with toy.write() as connection:
        connection.execute("create temp table t as from verdicts order by decision").fetchall()
        connection.execute("delete from verdicts").fetchall()
        connection.execute("insert into verdicts from t").fetchall()
    assert held(toy) == before
    with toy.write() as connection:
        connection.execute("update verdicts set reason = 'other'").fetchall()
    changed = {name for name, found in held(toy).items() if found != before[name]}
    assert changed == {"verdicts"}


def test_a_backup_is_restored_and_the_old_file_kept(toy, home):
    before = held(toy)
    manifest = backup(toy, home / "copy")
    assert manifest == json.loads((home / "copy.json").read_text())
    assert manifest["relations"] == {name: asdict(found) for name, found in before.items()}
    toy.run("more", "generate")
    kept = restore(toy.path, home / "copy")
    assert held(Warehouse(toy.path, "test")) == before
    assert held(Warehouse(kept, "test"))["runs"].num_rows == before["runs"].num_rows + 1


KILLED = """
import os, sys
from pathlib import Path
from warehouse.connection import connect
with connect(Path(sys.argv[1]), write=True) as connection:
    connection.execute("insert into problems values (uuid(), 'left in the log')").fetchall()
    os._exit(9)
"""


def test_a_backup_has_what_a_killed_writer_left_in_the_log(toy, home):
    subprocess.run([sys.executable, "-c", KILLED, str(toy.path)], check=False, timeout=60)
    assert wal(toy.path).stat().st_size > 0
    backup(toy, home / "copy")
    restore(toy.path, home / "copy")
    assert {"text": "left in the log"} in toy.query("select text from problems")


def test_a_backup_takes_no_existing_name(toy, home):
    (home / "copy").write_text("precious")
    with pytest.raises(UserError, match="is there already"):
        backup(toy, home / "copy")
    assert (home / "copy").read_text() == "precious"


@pytest.mark.parametrize("damage", ["copy", "copy.json"])
def test_a_damaged_backup_is_refused_and_the_warehouse_stays(toy, home, damage):
    backup(toy, home / "copy")
    before = toy.path.read_bytes()
    raw = (home / damage).read_bytes()
    (home / damage).write_bytes(raw[:-1000] if damage == "copy" else b"{")
    with pytest.raises(UserError, match=r"damaged|cannot be read"):
        restore(toy.path, home / "copy")
    assert toy.path.read_bytes() == before


def test_compaction_keeps_all_and_makes_the_file_smaller(toy, capsys):
    for number in range(8):  # each rewrites what the one before it has begun
        text = random.Random(number).randbytes(100_000).hex()
        toy.attempt(f"more {number}", "p1", sample_index=number + 10, text=text)
    before, applied = held(toy), toy.query("from migrations")
    sizes = compact(toy)
    assert "compaction, others wait" in capsys.readouterr().err
    assert sizes.bytes_after < sizes.bytes_before
    assert held(toy) == before
    assert toy.query("from migrations") == applied
    assert run_checks(toy) == []
    assert sorted(path.name for path in toy.path.parent.iterdir()) == [
        "warehouse.duckdb",
        "warehouse.duckdb.lock",
    ]


def test_compaction_refuses_a_disk_without_room(toy, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(1, 1, 1000))
    before = toy.path.read_bytes()
    with pytest.raises(UserError, match=r"compaction needs .* MB beside it, 0 are free"):
        compact(toy)
    assert toy.path.read_bytes() == before


def test_the_command_proves_backs_up_restores_and_compacts(toy, home):
    result = command("check")
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "all checks pass")
    assert command("backup", str(home / "copy")).exit_code == 0
    toy.run("more", "generate")
    assert "restored; what was there is" in command("restore", str(home / "copy")).output
    assert {"run_id": uid("more")} not in toy.query("select run_id from runs")
    assert "MB before" in command("compact").output


def test_the_command_finds_what_a_change_by_hand_left_behind_and_mends_it(toy):
    with toy.write() as connection:
        connection.execute("delete from attempt_states where outcome = 'length'").fetchall()
    result = command("check")
    assert result.exit_code == 1
    assert "attempt_states is kept up: 1 rows" in result.output
    assert command("rebuild").exit_code == 0
    assert command("check").exit_code == 0


def test_a_damaged_file_is_named_with_the_way_out(toy):
    spoil(toy.path)
    with pytest.raises(UserError, match=r"damaged.*restore"):
        run_checks(Warehouse(toy.path, "test"))
