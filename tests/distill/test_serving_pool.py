import io
import os
import platform
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import psutil
import pytest
from rich.console import Console

from distill.config.models import ModelSpec
from distill.config.recipe import Recipe
from distill.errors import UserError
from distill.models.identity import Model, identify
from distill.runs.home import Home
from distill.runs.run import Run, open_run
from distill.serving.command import Command
from distill.serving.endpoint import Endpoint, at_url
from distill.serving.pool import ServerPool
from distill.serving.profile import Profile
from distill.serving.registry import Entry, entries, find, registered
from tests.toy_folders import toy_folder

FAKE = Path(__file__).parent / "serving_fake.py"


def toy_model(folder: Path, weight: bytes = b"1") -> ModelSpec:
    return ModelSpec(source=str(toy_folder(folder, weight)))


class Fakes:
    """A pool of fake servers that misbehave as told."""

    def __init__(self, folder: Path, home: Home, run: Run) -> None:
        self.pids = folder / "pids"
        self.pids.mkdir()
        self.home, self.run = home, run
        self.screen = io.StringIO()
        self.num_starts = 0
        self.pools: list[ServerPool] = []

    def pool(self, mode: str = "", *, keep: bool = False) -> ServerPool:
        def command(model: Model, spec: ModelSpec, profile: Profile, port: int) -> Command:
            self.num_starts += 1
            argv = [sys.executable, str(FAKE), "--port", str(port)]
            environment = {"FAKE": mode, "FAKE_PIDS": str(self.pids)}
            return Command(argv=[*argv, "--served-model-name", model.name], environment=environment)

        console = Console(file=self.screen, width=200)
        self.pools.append(ServerPool(self.home, console, keep=keep, make_command=command))
        return self.pools[-1]

    def living(self) -> list[int]:
        return [int(path.name) for path in self.pids.iterdir() if psutil.pid_exists(int(path.name))]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.at(str(tmp_path / "home"))


@pytest.fixture
def spec(tmp_path: Path) -> ModelSpec:
    return toy_model(tmp_path / "toy")


@pytest.fixture
def fakes(tmp_path: Path, home: Home) -> Iterator[Fakes]:
    with open_run(home, Recipe(name="toy"), "generate") as run:
        fakes = Fakes(tmp_path, home, run)
        yield fakes
        for pool in fakes.pools:
            pool.close()
    assert fakes.living() == []


def test_a_server_is_started_and_stopped(fakes: Fakes, spec: ModelSpec) -> None:
    with fakes.pool("family").endpoint(spec, fakes.run) as endpoint:
        port = urlsplit(endpoint.base_url).port
        assert endpoint.base_url == f"http://127.0.0.1:{port}/v1"
        assert endpoint.served_name == "toy"
        assert endpoint.label == f"{platform.node()}:{port}"
        assert endpoint.is_alive()
        assert len(fakes.living()) == 3
    assert not endpoint.is_alive()
    assert fakes.living() == []
    assert "fake server" in (fakes.run.directory / "server-toy.log").read_text()
    assert "starting vLLM for toy" in fakes.screen.getvalue()


def test_a_server_that_died_is_started_again_at_its_place(fakes: Fakes, spec: ModelSpec) -> None:
    with fakes.pool().endpoints(spec, fakes.run) as servers:
        (endpoint,) = servers()
        for pid in fakes.living():
            os.kill(pid, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(pid) for pid in fakes.living()], timeout=5)
        assert endpoint.restart
        endpoint.restart()
        assert endpoint.is_alive()
        assert at_url(endpoint.base_url, "toy").served_name == "toy"
        assert servers() == [endpoint]


def test_a_pool_that_keeps_starts_nothing_twice(
    fakes: Fakes, spec: ModelSpec, tmp_path: Path
) -> None:
    other = toy_model(tmp_path / "other", b"2")
    pool = fakes.pool(keep=True)
    with pool.endpoint(spec, fakes.run) as first:
        pass
    with pool.endpoint(spec.model_copy(update={"max_model_len": 100}), fakes.run) as second:
        assert second == first
    with pool.endpoint(other, fakes.run) as third:
        assert third.served_name == "other"
        assert len(fakes.living()) == 1
    pool.close()
    assert fakes.living() == []


def test_a_longer_context_needs_another_server(fakes: Fakes, spec: ModelSpec) -> None:
    pool = fakes.pool(keep=True)
    with pool.endpoint(spec, fakes.run) as first:
        pass
    with pool.endpoint(spec.model_copy(update={"max_model_len": 4096}), fakes.run) as second:
        assert second != first


def test_a_kept_server_that_died_is_started_again(fakes: Fakes, spec: ModelSpec) -> None:
    pool = fakes.pool(keep=True)
    with pool.endpoint(spec, fakes.run):
        pass
    os.kill(fakes.living()[0], signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid) for pid in fakes.living()], timeout=5)
    with pool.endpoint(spec, fakes.run) as endpoint:
        assert endpoint.is_alive()


def test_blocks_are_not_nested(fakes: Fakes, spec: ModelSpec) -> None:
    pool = fakes.pool()
    with pool.endpoint(spec, fakes.run), pytest.raises(RuntimeError, match="one server at a time"):  # noqa: SIM117
        with pool.endpoint(spec, fakes.run):
            pass


def test_a_server_that_dies_shows_its_last_lines(fakes: Fakes, spec: ModelSpec) -> None:
    with (
        pytest.raises(UserError, match="ended by itself with exit status 3") as caught,
        fakes.pool("dies", keep=True).endpoint(spec, fakes.run),
    ):
        pass
    shown = str(caught.value)
    log = fakes.run.directory / "server-toy.log"
    assert f"The first error in {log}:\n  ValueError: the weights do not fit\n" in shown
    assert "\n  | fake server on" in shown


def test_only_this_starts_lines_are_shown(fakes: Fakes, spec: ModelSpec) -> None:
    (fakes.run.directory / "server-toy.log").write_text("yesterday's trouble\n")
    with (
        pytest.raises(UserError) as caught,
        fakes.pool("dies").endpoint(spec, fakes.run),
    ):
        pass
    assert "yesterday" not in str(caught.value)
    assert "yesterday" in (fakes.run.directory / "server-toy.log").read_text()


@pytest.mark.parametrize("mode", ["deaf", "sick"])
def test_a_server_that_never_gets_healthy(
    fakes: Fakes, spec: ModelSpec, tmp_path: Path, mode: str
) -> None:
    profile = tmp_path / "slow.toml"
    profile.write_text('description = "x"\nstartup_timeout_sec = 1.5\n')
    slow = spec.model_copy(update={"profile": str(profile)})
    with (
        pytest.raises(UserError, match=r"is not healthy after 2 s.*\n  \| fake server on"),
        fakes.pool(mode, keep=True).endpoint(slow, fakes.run),
    ):
        pass
    assert fakes.living() == []


def test_a_stranger_at_the_port_is_refused(fakes: Fakes, spec: ModelSpec) -> None:
    with (
        pytest.raises(
            UserError, match=r"not what answers at port \d+, which serves \['stranger'\]"
        ),
        fakes.pool("stranger").endpoint(spec, fakes.run),
    ):
        pass


def test_a_server_that_dies_in_the_block(fakes: Fakes, spec: ModelSpec) -> None:
    with (
        pytest.raises(UserError, match="ended by itself with exit status 5"),
        fakes.pool("short").endpoint(spec, fakes.run) as endpoint,
    ):
        while endpoint.is_alive():
            pass
        raise ConnectionError("what the client saw")


def test_other_errors_pass_and_the_server_stops(fakes: Fakes, spec: ModelSpec) -> None:
    with (
        pytest.raises(KeyError, match="mine"),
        fakes.pool().endpoint(spec, fakes.run),
    ):
        raise KeyError("mine")
    assert fakes.living() == []


def test_ctrl_c_passes_and_the_server_stops(fakes: Fakes, spec: ModelSpec) -> None:
    with pytest.raises(KeyboardInterrupt), fakes.pool().endpoint(spec, fakes.run):
        raise KeyboardInterrupt
    assert fakes.living() == []


def test_a_port_in_use_is_named_before_anything_starts(fakes: Fakes, spec: ModelSpec) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        wanting = spec.model_copy(update={"server_args": {"port": port}})
        with pytest.raises(UserError, match=f"port {port}: in use.*choose another port"):
            fakes.pool().check(wanting)
    assert fakes.num_starts == 0
    with fakes.pool().endpoint(wanting, fakes.run) as endpoint:
        assert endpoint.base_url == f"http://127.0.0.1:{port}/v1"


@pytest.mark.parametrize("port", [True, "80", 99999, 0])
def test_a_port_that_is_none(fakes: Fakes, spec: ModelSpec, port: object) -> None:
    with pytest.raises(UserError, match=f"server_args.port .*: 1 to 65535 is wanted, got {port!r}"):
        fakes.pool().check(spec.model_copy(update={"server_args": {"port": port}}))


def test_check_refuses_what_is_no_model_and_no_profile(fakes: Fakes, spec: ModelSpec) -> None:
    fakes.pool().check(spec)
    with pytest.raises(UserError, match="no such folder"):
        fakes.pool().check(ModelSpec(source="nothing"))
    with pytest.raises(UserError, match=r"serving profile 'cqu'.*did you mean"):
        fakes.pool().check(spec.model_copy(update={"profile": "cqu"}))


def entry_for(endpoint: Endpoint, model_id: UUID, **changes: object) -> Entry:
    plain = {
        "model_id": model_id,
        "served_name": endpoint.served_name,
        "base_url": endpoint.base_url,
        "max_model_len": 2048,
        "pid": os.getpid(),
        "host": platform.node(),
        "log": Path("/log"),
    }
    return Entry.model_validate(plain | changes)


def test_a_registered_server_is_shared(fakes: Fakes, spec: ModelSpec, home: Home) -> None:
    model = identify(spec, home)
    with fakes.pool().endpoint(spec, fakes.run) as endpoint:
        entry = entry_for(endpoint, model.model_id)
        with registered(home, entry):
            assert entries(home) == [entry]
            with fakes.pool().endpoint(spec, fakes.run) as shared:
                assert shared == endpoint
            fakes.pool().check(spec)
            assert find(home, UUID(int=1), 1) == []
            assert find(home, model.model_id, 4096) == []
        assert list(home.servers.iterdir()) == []
        ended = subprocess.Popen(["true"])
        ended.wait()
        for stale in ({"pid": ended.pid}, {"host": "elsewhere"}, {"served_name": "other"}):
            with registered(home, entry_for(endpoint, model.model_id, **stale)):
                assert find(home, model.model_id, 1) == []
    with registered(home, entry):  # its server is gone
        assert find(home, model.model_id, 1) == []
    assert fakes.num_starts == 1


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pid": "x"}', "\0"])
def test_broken_registry_files_are_passed_over(home: Home, text: str) -> None:
    home.servers.mkdir()
    (home.servers / "x.json").write_text(text)
    assert entries(home) == []


def test_a_url_goes_before_everything(fakes: Fakes, spec: ModelSpec) -> None:
    with fakes.pool().endpoint(spec, fakes.run) as running:
        given = spec.model_copy(update={"url": running.base_url + "/"})
        with fakes.pool().endpoint(given, fakes.run) as endpoint:
            assert (endpoint.base_url, endpoint.served_name) == (running.base_url, "toy")
        strange = ModelSpec(source="owner/other", url=running.base_url)
        with pytest.raises(UserError, match="serves toy, not owner/other"):
            fakes.pool().check(strange)
    with pytest.raises(UserError, match=r"no answer .*refused.*Start it"):
        fakes.pool().check(given)
    assert fakes.num_starts == 1


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://x/v1", "http://", "http://x:port/v1", ""])
def test_a_url_that_is_none(url: str) -> None:
    with pytest.raises(UserError, match="write it as http"):
        at_url(url, "x")
