"""The command as a person runs it, against a stub server: killed, interrupted, run again."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from distill.config.load import load_recipe
from distill.runs.home import Home
from distill.runs.run import read_status
from tests.stub_server import Server, running
from warehouse.checks import run_checks
from warehouse.database import Warehouse

ROOT = Path(__file__).parent.parent
NUM_PROBLEMS, NUM_SAMPLES = 40, 3
RECIPE = """
description = "a stub for a teacher"
[models.teacher]
source = "stub"
url = "{url}"
[[prompts]]
kind = "file"
name = "rows"
domain = "math"
path = "rows.jsonl"
fields = {{ problem = "question", gold = "answer" }}
[generation]
num_samples = {samples}
[requests]
max_in_flight = 8
drain_sec = 5
[verification]
verifiers = ["math"]
[[filters]]
name = "think_format"
[selection]
train_on = "unfiltered"
[selection.arms.unfiltered]
verdicts = ["correct", "wrong", "undecided", "none"]
"""


class Command:
    """`distill` on the recipe, in a home of its own."""

    def __init__(self, folder: Path, stub: Server) -> None:
        self.folder, self.stub = folder, stub
        self.recipe = folder / "toy.toml"
        self.recipe.write_text(RECIPE.format(url=f"{stub.url}/v1", samples=NUM_SAMPLES))
        rows = [{"question": f"question {n}", "answer": str(n)} for n in range(NUM_PROBLEMS)]
        (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        self.home = Home.at(str(folder / "home"))

    def start(self, *words: str) -> subprocess.Popen[str]:
        environment = os.environ | {"DISTILL_HOME": str(self.home.root)}
        return subprocess.Popen(
            [sys.executable, "-m", "distill.cli", *words, "--recipe", str(self.recipe)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
        )

    def __call__(self, *words: str, code: int = 0) -> str:
        process = self.start(*words)
        out, err = process.communicate(timeout=100)
        assert process.returncode == code, out + err
        assert "Traceback" not in err
        return out + err

    def num_asked(self) -> int:
        return sum(self.stub.asked().values())

    def wait_until_asked(self, num: int) -> None:
        deadline = time.monotonic() + 30
        while self.num_asked() < num:
            assert time.monotonic() < deadline, "the stub was never asked"
            time.sleep(0.01)

    def query(self, text: str) -> list[dict[str, Any]]:
        return Warehouse(self.home.warehouse, "test").query(text)


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    with running(tmp_path / "asked.jsonl", delay=0.05) as stub:
        yield Command(tmp_path, stub)


def test_killed_in_the_middle_and_run_again_it_asks_only_for_what_is_missing(
    command: Command,
) -> None:
    command("prompts")
    process = command.start("generate")
    command.wait_until_asked(40)
    time.sleep(0.3)  # longer than the 100 ms that a commit may wait
    process.kill()
    process.communicate()
    command("generate")
    total = NUM_PROBLEMS * NUM_SAMPLES
    assert command.query("select count(*) n from attempts") == [{"n": total}]
    # Asked twice is at most what was in flight or came within the last 100 ms.
    assert total <= command.num_asked() <= total + 2 * 8 + 8
    for stage in ("verify", "filter", "dataset"):
        command(stage)
    before = command.num_asked()
    for stage in ("prompts", "generate", "verify", "filter", "dataset"):
        assert "Nothing is new" in command(stage), stage
    assert command.num_asked() == before
    assert command.query("select count(*) n from verdicts") == [{"n": total}]
    assert run_checks(Warehouse(command.home.warehouse, "test")) == []


def test_ctrl_c_keeps_what_was_in_flight_and_says_how_to_go_on(command: Command) -> None:
    command("prompts")
    process = command.start("generate")
    command.wait_until_asked(20)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "goes on where it stopped" in err
    asked = command.num_asked()
    kept = command.query("select count(*) n from attempts")[0]["n"]
    assert kept == asked < NUM_PROBLEMS * NUM_SAMPLES
    recipe = load_recipe(str(command.recipe))
    folder = command.home.run_dir(recipe.name, "generate", recipe.run_id("generate"))
    status = read_status(folder)
    assert status is not None
    assert status.state == "interrupted"
    command("generate")
    assert command.num_asked() == NUM_PROBLEMS * NUM_SAMPLES


def test_more_samples_pay_for_the_new_ones_only(command: Command) -> None:
    command("prompts", "--set", "generation.num_samples=1")
    command("generate", "--set", "generation.num_samples=1")
    command("prompts")
    command("generate")
    assert command.num_asked() == NUM_PROBLEMS * NUM_SAMPLES


@pytest.mark.parametrize("stage", ["generate", "verify", "filter", "dataset"])
def test_a_stage_without_its_input_names_the_stage_to_run(command: Command, stage: str) -> None:
    refused = command(stage, code=2)
    assert "distill " in refused or "make " in refused
    assert command.num_asked() == 0


def test_a_broken_line_is_refused_by_its_number_before_any_work(command: Command) -> None:
    rows = command.folder / "rows.jsonl"
    rows.write_text('{"question": "a", "answer": "1"}\n{"question": \n')
    refused = command("prompts", code=2)
    assert "rows.jsonl" in refused
    assert "2" in refused


def test_a_row_without_the_mapped_field_names_the_fields_it_has(command: Command) -> None:
    (command.folder / "rows.jsonl").write_text('{"query": "a", "answer": "1"}\n')
    refused = command("prompts", code=2)
    assert "question" in refused
    assert "query" in refused


def test_a_server_that_is_not_there_is_named(command: Command) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    set_url = ("--set", f"models.teacher.url={url}")
    command("prompts", *set_url)
    refused = command("generate", *set_url, "--set", "requests.stall_sec=2", code=2)
    assert url.split("/")[2] in refused
