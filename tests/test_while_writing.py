"""Questions while a run writes: answered at once, about what is new; long ones lose nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from distill.cli.main import app
from tests.stub_server import running
from tests.test_command import NUM_PROBLEMS, ROOT, Command
from tests.warehouse.test_ask import ENDLESS
from warehouse.checks import run_checks
from warehouse.database import Warehouse
from warehouse.lock import holders

NUM_SAMPLES = 24
ANSWER_SEC, AGE_SEC = 2.0, 10.0
LONG_SEC = 8.0
"""Longer than ingest waits between its turns."""
HOW_NEW = "select count(*) as n, epoch(max(finished)) as newest from attempts"


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    with running(tmp_path / "asked.jsonl", delay=0.25, size=8000) as stub:
        yield Command(tmp_path, stub)


def ask(command: Command) -> tuple[int, float, float]:
    """Ask how new the data is; return the number of attempts, their age and the seconds it took."""
    asked, begun = time.time(), time.monotonic()
    words = ["sql", HOW_NEW, "--format", "json", "--home", str(command.home.root)]
    row = json.loads(CliRunner().invoke(app, words).stdout)
    return row["n"], asked - (row["newest"] or 0.0), time.monotonic() - begun


def hold(command: Command) -> "subprocess.Popen[bytes]":
    """Start somebody's endless statement."""
    return subprocess.Popen(
        [sys.executable, "-m", "distill.cli", "sql", ENDLESS],
        cwd=ROOT,
        env=os.environ | {"DISTILL_HOME": str(command.home.root)},
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.slow
def test_a_run_that_writes_answers_and_somebodys_long_statement_costs_it_nothing(
    command: Command,
) -> None:
    more = ("--set", f"generation.num_samples={NUM_SAMPLES}")
    command("prompts", *more)
    process = command.start("generate", *more)
    command.wait_until_asked(200)  # by then the first are in the warehouse
    for _ in range(4):
        num, age, seconds = ask(command)
        assert num > 0
        assert age <= AGE_SEC
        assert seconds <= ANSWER_SEC
        time.sleep(1)

    long, lock = hold(command), command.home.root / "warehouse.duckdb.lock"
    while f"pid {long.pid} (sql, reading)" not in holders(lock):
        time.sleep(0.05)
    before = command.num_asked()
    time.sleep(LONG_SEC)
    assert f"pid {long.pid} (sql, reading)" == holders(lock)  # nobody wrote meanwhile
    assert command.num_asked() > before + 100  # and the run went on all the same
    long.send_signal(signal.SIGINT)
    assert long.wait(timeout=10) == 130
    caught_up, age, seconds = ask(command)
    assert caught_up > num
    assert age <= AGE_SEC
    assert seconds <= ANSWER_SEC

    out, err = process.communicate(timeout=100)
    assert process.returncode == 0, out + err
    total = NUM_PROBLEMS * NUM_SAMPLES
    assert command.num_asked() == ask(command)[0] == total
    assert run_checks(Warehouse(command.home.warehouse, "test")) == []
