import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from distill.config.models import ModelSpec
from distill.config.recipe import Recipe
from distill.errors import UserError
from distill.models.identity import identify
from distill.runs.context import Context
from distill.runs.home import Home
from distill.serving.pool import ServerPool
from distill.serving.registry import Entry, entries
from teacher import serve
from tests.toy_folders import toy_folder

ROOT = Path(__file__).parents[2]
FAKE = ROOT / "tests" / "distill" / "serving_fake.py"
MAIN = """
import sys
from pathlib import Path
from rich.console import Console
from distill.config.recipe import Recipe
from distill.errors import UserError
from distill.runs.context import Context
from distill.runs.home import Home
from distill.serving.command import Command
from distill.serving.pool import ServerPool
from teacher import serve

fake, root, source = sys.argv[1:]

def command(model, spec, profile, port):
    argv = [sys.executable, fake, "--port", str(port), "--served-model-name", model.name]
    return Command(argv=argv, environment={})

home, console = Home.at(root), Console(width=60)
recipe = Recipe.model_validate({"name": "toy", "models": {"teacher": {"source": source}}})
servers = ServerPool(home, console, keep=False, make_command=command)
try:
    serve.run(Context(recipe=recipe, home=home, data=None, servers=servers, console=console))
except UserError as error:
    sys.exit(str(error))
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.at(str(tmp_path / "home"))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return toy_folder(tmp_path / "toy")


class Serving:
    """`distill serve` with a fake server, in a process of its own."""

    def __init__(self, folder: Path, home: Home, model: Path, mode: str) -> None:
        self.pids = folder / "pids"
        self.pids.mkdir()
        self.home = home
        environment = os.environ | {
            "FAKE": mode,
            "FAKE_PIDS": str(self.pids),
            "PYTHONPATH": str(ROOT),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", MAIN, str(FAKE), str(home.root), str(model)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def entry(self) -> Entry:
        deadline = time.monotonic() + 20
        while not (found := entries(self.home)) and time.monotonic() < deadline:
            time.sleep(0.05)
        return found[0]

    def living(self) -> list[int]:
        return [int(path.name) for path in self.pids.iterdir() if psutil.pid_exists(int(path.name))]


@pytest.fixture
def serving(
    request: pytest.FixtureRequest, tmp_path: Path, home: Home, model: Path
) -> Iterator[Serving]:
    serving = Serving(tmp_path, home, model, request.param)
    yield serving
    serving.process.kill()
    serving.process.wait()


@pytest.mark.parametrize("serving", ["family"], indirect=True)
def test_it_serves_until_ctrl_c(serving: Serving, home: Home, model: Path) -> None:
    entry = serving.entry()
    assert entry.model_id == identify(ModelSpec(source=str(model)), home).model_id
    assert (entry.pid, entry.host) == (serving.process.pid, platform.node())
    assert entry.is_up()
    assert len(serving.living()) == 3
    serving.process.send_signal(signal.SIGINT)
    output, errors = serving.process.communicate(timeout=20)
    assert serving.process.returncode == 0, errors
    assert f"toy is served at {entry.base_url}. Try it:" in output
    curl = next(line for line in output.splitlines() if "curl" in line)
    assert curl.startswith(f"  curl -s {entry.base_url}/chat/completions ")
    assert curl.endswith("}'")
    assert serving.living() == []
    assert list(home.servers.iterdir()) == []


@pytest.mark.parametrize("serving", ["deaf"], indirect=True)
def test_ctrl_c_while_it_starts_stops_the_server(serving: Serving, home: Home) -> None:
    deadline = time.monotonic() + 20
    while not serving.living() and time.monotonic() < deadline:
        time.sleep(0.05)
    serving.process.send_signal(signal.SIGINT)
    _, errors = serving.process.communicate(timeout=20)
    assert errors.splitlines()[-1] == "KeyboardInterrupt"
    assert serving.living() == []
    assert not home.servers.exists()


@pytest.mark.parametrize("serving", ["family"], indirect=True)
def test_kill_9_leaves_no_server_and_a_stale_entry(serving: Serving, home: Home) -> None:
    serving.entry()
    serving.process.kill()
    serving.process.wait()
    deadline = time.monotonic() + 10
    while serving.living() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert serving.living() == []
    assert len(list(home.servers.iterdir())) == 1
    assert entries(home) == []


@pytest.mark.parametrize("serving", ["short"], indirect=True)
def test_a_server_that_dies_ends_it_with_its_log(serving: Serving, home: Home) -> None:
    _, errors = serving.process.communicate(timeout=20)
    assert serving.process.returncode == 1
    assert "'toy' ended by itself with exit status 5" in errors
    assert "  | fake server on" in errors
    assert list(home.servers.iterdir()) == []


def context(home: Home, **teacher: object) -> Context:
    models = {"teacher": teacher} if teacher else {}
    recipe = Recipe.model_validate({"name": "toy", "models": models})
    console = Console(quiet=True)
    servers = ServerPool(home, console, keep=False)
    return Context(recipe=recipe, home=home, data=None, servers=servers, console=console)


def test_nothing_to_serve(home: Home) -> None:
    with pytest.raises(UserError, match=r"no models\.teacher"):
        serve.check(context(home))
    with pytest.raises(UserError, match=r"models\.teacher\.url names a server that runs already"):
        serve.check(context(home, source="x", url="http://h/v1"))


def test_a_model_that_is_none_is_refused(home: Home, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no config\.json"):
        serve.check(context(home, source=str(tmp_path)))


@pytest.mark.parametrize("serving", [""], indirect=True)
def test_what_is_served_is_not_served_twice(serving: Serving, home: Home, model: Path) -> None:
    entry = serving.entry()
    with pytest.raises(UserError, match=f"toy is served already at {entry.base_url} by process"):
        serve.check(context(home, source=str(model)))
