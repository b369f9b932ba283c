import io
import json
import logging

import pytest
from rich.console import Console

from distill.config.recipe import Recipe
from distill.errors import UserError
from distill.runs.home import Home, data_dir
from distill.runs.progress import track
from distill.runs.run import open_run, read_status, write_atomically

RECIPE = Recipe(name="r")


@pytest.fixture
def home(tmp_path):
    return Home.at(str(tmp_path / "home"))


def test_a_run_keeps_its_recipe_log_and_status(home):
    logging.getLogger().setLevel(logging.INFO)
    with open_run(home, RECIPE, "verify") as run:
        run.progress(3, 10)
    assert json.loads((run.directory / "recipe.json").read_text()) == RECIPE.resolved()
    assert str(run.run_id) in (run.directory / "log.txt").read_text()
    status = read_status(run.directory)
    assert (status.state, status.done, status.total) == ("finished", 3, 10)


def test_going_on_is_the_same_run_and_adds_its_time(home):
    with open_run(home, RECIPE, "verify") as first:
        first.status.seconds = 100.0
    with open_run(home, RECIPE, "verify") as second:
        pass
    assert second.directory == first.directory
    assert second.status.seconds >= 100.0
    assert second.status.started == first.status.started


@pytest.mark.parametrize(
    ("error", "state", "message"),
    [
        (ValueError("what\nmore"), "failed", "what"),
        (KeyboardInterrupt(), "interrupted", ""),
        (SystemExit(143), "failed", "143"),
    ],
)
def test_a_run_that_ends_early_says_how(home, error, state, message):
    with pytest.raises(type(error)), open_run(home, RECIPE, "verify") as run:
        raise error
    status = read_status(run.directory)
    assert (status.state, status.message) == (state, message)


def test_two_processes_cannot_work_on_one_run(home):
    with (
        open_run(home, RECIPE, "verify"),
        pytest.raises(UserError, match="is working on it"),
        open_run(home, RECIPE, "verify"),
    ):
        pass


def test_a_broken_status_is_no_status(tmp_path):
    (tmp_path / "status.json").write_text('{"stage": "x"')
    assert read_status(tmp_path) is None
    (tmp_path / "status.json").write_text('{"unknown": 1}')
    assert read_status(tmp_path) is None


def test_an_unwritable_home_is_refused():
    with pytest.raises(UserError, match="/proc/nowhere"):
        Home.at("/proc/nowhere")


def test_the_home_is_named_by_argument_environment_or_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISTILL_HOME", raising=False)
    assert Home.at().root == tmp_path / "var"
    monkeypatch.setenv("DISTILL_HOME", str(tmp_path / "env"))
    assert Home.at().root == tmp_path / "env"
    assert Home.at(str(tmp_path / "arg")).root == tmp_path / "arg"


def test_a_data_folder_that_is_none_is_refused(tmp_path, monkeypatch):
    monkeypatch.delenv("DISTILL_DATA", raising=False)
    assert data_dir() is None
    with pytest.raises(UserError, match="no such folder"):
        data_dir(str(tmp_path / "none"))


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "file"
    write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "\ud800")
    assert path.read_text() == "old"


def test_progress_off_a_terminal_is_lines_with_rate_and_time_left(home, monkeypatch):
    monkeypatch.setattr("distill.runs.progress.LINE_INTERVAL_SEC", 0.0)
    out = io.StringIO()
    with (
        open_run(home, RECIPE, "generate") as run,
        track(Console(file=out, width=200), run, "generate", 4, "traces") as advance,
    ):
        advance(1, note="2 tok/s")
    line = out.getvalue().splitlines()[0]
    assert line.startswith("generate: 1/4 traces ")
    assert " traces/s" in line
    assert "left=" in line
    assert line.endswith("2 tok/s")
    assert read_status(run.directory).done == 1
