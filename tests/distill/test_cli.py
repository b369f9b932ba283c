import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from distill.cli.doctor import Finding, local_data, packages, system
from distill.cli.main import app
from distill.cli.stages import PIPELINE, STAGES
from distill.config.load import load_recipe
from distill.runs.home import Home
from distill.runs.run import open_run
from distill.verify.sandbox.host import require
from warehouse.database import Warehouse

ROOT = Path(__file__).parents[2]


def distill(*arguments, home, **environment):
    return subprocess.run(
        [sys.executable, "-m", "distill.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env=os.environ | {"DISTILL_HOME": str(home), "COLUMNS": "200"} | environment,
    )


def test_every_stage_is_a_sub_command_and_a_make_target(tmp_path):
    makefile = (ROOT / "Makefile").read_text()
    printed = distill("--help", home=tmp_path).stdout
    for stage in [*STAGES, "all"]:
        assert re.search(rf"^{stage}: setup ##", makefile, re.M), stage
        assert re.search(rf"\b{stage}\b", printed), stage
    assert set(PIPELINE) <= set(STAGES)


def test_help_imports_no_heavy_library():
    heavy = {"torch", "transformers", "duckdb", "datasets", "pyarrow", "numpy"}
    code = f"import sys, distill.cli.main; print([m for m in {heavy} if m in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert printed.stdout.strip() == "[]"


def test_what_a_person_can_put_right_ends_with_2_and_no_traceback(tmp_path):
    done = distill("prompts", "--recipe", "smol-cpi", home=tmp_path)
    assert done.returncode == 2
    assert "did you mean" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_option_ends_with_2_and_usage(tmp_path):
    done = distill("prompts", "--recipee", "x", home=tmp_path)
    assert done.returncode == 2
    assert "--recipe" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bug_keeps_its_traceback(tmp_path):
    code = "import sys, distill.cli.main as m\nm.app = lambda: 1 / 0\nm.main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_unwind_and_say_how_to_go_on(tmp_path, signum, code):
    script = (
        "import time, distill.cli.main as m\n"
        "@m.app.command()\n"
        "def nap():\n"
        "    try:\n"
        "        print('ready', flush=True); time.sleep(30)\n"
        "    finally:\n"
        "        print('unwound', flush=True)\n"
        "m.main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, "nap"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.1)
    process.send_signal(signum)
    out, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert out == "unwound\n"
    if signum == signal.SIGINT:
        assert "goes on where it stopped" in err


def test_status_tells_finished_from_killed_from_not_begun(tmp_path):
    home, recipe = Home.at(str(tmp_path)), load_recipe("smol-ci")
    with open_run(home, recipe, "prompts") as run:
        run.progress(12, 12)
    with open_run(home, recipe, "generate") as run:
        run.progress(3, 24)
        run.status.message = "[red]not markup"
    run.status.state, run.status.pid = "running", 2**22 + 1
    run.save()
    printed = CliRunner(env={"COLUMNS": "200"}).invoke(
        app, ["status", "-r", "smol-ci", "--home", str(tmp_path)]
    )
    lines = {line.split()[0]: line for line in printed.output.splitlines() if line.strip()}
    assert "finished" in lines["prompts"]
    assert "12/12" in lines["prompts"]
    assert "killed" in lines["generate"]
    assert "[red]not markup" in lines["generate"]
    assert "not begun" in lines["verify"]


def test_doctor_names_a_package_that_is_not_as_pinned(monkeypatch):
    real = __import__("importlib.metadata").metadata.version
    monkeypatch.setattr(
        "distill.cli.doctor._version", lambda name: "0" if name == "duckdb" else real(name)
    )
    finding = next(packages())
    assert finding.state == "missing"
    assert "duckdb==" in finding.detail
    assert "make setup" in finding.detail


def test_doctor_names_the_package_of_a_missing_command(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda command: None)
    require.cache_clear()
    by_command = {finding.what: finding for finding in system()}
    assert "package bubblewrap" in by_command["bwrap"].detail
    assert by_command["sandbox"].state == "note"
    assert "no sandbox to run it in: bwrap" in by_command["sandbox"].detail


def test_doctor_says_what_is_left_out_without_data(monkeypatch):
    monkeypatch.delenv("DISTILL_DATA", raising=False)
    assert next(local_data(None)).state == "note"
    assert next(local_data("/nowhere")) == Finding(
        what="data",
        state="missing",
        detail="data folder /nowhere: no such folder. Correct --data or DISTILL_DATA.",
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("select 1", "--format", "xml"), "--format 'xml' (known: csv, json, parquet, table)"),
        (("select 1", "-p", "x"), "write it as NAME=VALUE"),
        (("select 1", "--file", "x.sql"), "give the SQL or a file with --file, not both"),
        (("select 1", "--name", "runs"), "--name brings its own SQL"),
        (("--file", "nowhere.sql"), "--file nowhere.sql: cannot be read"),
        (("--name", "runz"), "no question 'runz' (did you mean 'runs'?)"),
        (("select 1",), "not there yet"),
    ],
)
def test_sql_refuses_what_it_cannot_do(tmp_path, arguments, message):
    printed = CliRunner(env={"DISTILL_HOME": str(tmp_path)}).invoke(app, ["sql", *arguments])
    assert message in str(printed.exception)


def test_sql_takes_its_text_from_a_file_or_a_pipe_and_writes_what_the_ending_says(tmp_path):
    home, file, out = Home.at(str(tmp_path)), tmp_path / "q.sql", tmp_path / "a.csv"
    Warehouse(home.warehouse, "test")
    file.write_text("select $n + 1 as x")
    arguments = ["sql", "--home", str(tmp_path), "-p", "n=1"]
    runner = CliRunner()
    runner.invoke(app, [*arguments, "--file", str(file), "--output", str(out)])
    assert out.read_text() == "x\n2\n"
    printed = runner.invoke(app, [*arguments, "--format", "json"], input="select $n as y")
    assert printed.output == '{"y": 1}\n'
    printed = runner.invoke(app, ["sql", "--home", str(tmp_path), "--schema", "scores"])
    assert "pass_at_1" in printed.output
    assert "pass_rate_by_problem" not in printed.output
    assert "hardest_problems" in runner.invoke(app, ["sql", "--list"]).output
