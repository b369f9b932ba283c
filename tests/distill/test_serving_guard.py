import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from distill.serving.guard import guarded

FAKE = Path(__file__).parent / "serving_fake.py"
ROOT = Path(__file__).parents[2]
STAGE = """
import subprocess, sys, time
from distill.serving.guard import guarded
command = [sys.executable, sys.argv[1], "--port", "0", "--served-model-name", "x"]
process = subprocess.Popen(guarded(command, grace_sec=0.3), start_new_session=True)
print(process.pid, flush=True)
time.sleep(1000)
"""


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


class Family:
    """A stage, its two guards, a server, its engine in another session, and a daemon."""

    def __init__(self, folder: Path, mode: str) -> None:
        self.folder = folder
        environment = os.environ | {"FAKE": mode, "FAKE_PIDS": str(folder), "PYTHONPATH": str(ROOT)}
        self.stage = subprocess.Popen(
            [sys.executable, "-c", STAGE, str(FAKE)], env=environment, stdout=subprocess.PIPE
        )
        assert self.stage.stdout
        self.outer = int(self.stage.stdout.readline())
        assert within(10, lambda: len(self.pids()) == 3)
        self.inner = psutil.Process(self.outer).children()[0].pid
        family = [self.outer, self.inner, *self.pids()]
        assert within(10, lambda: len({os.getsid(pid) for pid in family}) == 5)

    def pids(self) -> list[int]:
        return [int(path.name) for path in self.folder.iterdir()]

    def living(self) -> list[int]:
        return [pid for pid in [self.outer, self.inner, *self.pids()] if is_running(pid)]

    def is_gone(self) -> bool:
        return within(10, lambda: not self.living())


@pytest.fixture(params=["family", "stubborn"])
def family(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Family]:
    family = Family(tmp_path, request.param)
    yield family
    family.stage.kill()
    family.stage.wait()
    for pid in family.living():
        os.kill(pid, signal.SIGKILL)


def test_nothing_outlives_a_stage_that_is_killed(family: Family) -> None:
    family.stage.kill()
    family.stage.wait()
    assert family.is_gone()


def test_nothing_outlives_the_outer_guard(family: Family) -> None:
    os.kill(family.outer, signal.SIGKILL)
    assert family.is_gone()


def test_nothing_outlives_the_inner_guard(family: Family) -> None:
    os.kill(family.inner, signal.SIGKILL)
    assert family.is_gone()


def test_nothing_outlives_stage_and_outer_guard_together(family: Family) -> None:
    family.stage.kill()
    os.kill(family.outer, signal.SIGKILL)
    assert family.is_gone()


def test_nothing_outlives_a_server_that_is_killed(family: Family) -> None:
    server = psutil.Process(family.inner).children()[0].pid
    os.kill(server, signal.SIGKILL)
    assert family.is_gone()


def test_a_guard_that_is_told_to_ends_everything(family: Family) -> None:
    os.kill(family.outer, signal.SIGTERM)
    assert family.is_gone()


@pytest.mark.parametrize(("script", "status"), [("exit 7", 7), ("kill -9 $$", 137)])
def test_the_exit_status_comes_through(script: str, status: int) -> None:
    command = guarded(["sh", "-c", script], grace_sec=1)
    assert subprocess.run(command, start_new_session=True).returncode == status


def test_a_guard_whose_parent_is_gone_already_ends_at_once() -> None:
    command = guarded(["sleep", "1000"], grace_sec=1)
    command[command.index(str(os.getpid()))] = "1"  # the stage died before the guard looked
    subprocess.run(command, timeout=10)


def test_guards_start_quickly() -> None:
    begun = time.monotonic()
    subprocess.run(guarded(["true"], grace_sec=1))
    assert time.monotonic() - begun < 3
