"""The sandbox from outside: bubblewrap around a Python that does jobs, and why there is none.

Outside of it nothing can be written, no network reached and no process seen: new namespaces, a
read-only root with Python and the system's libraries alone, no environment, no capability that a
cell keeps. As root, cells run as a user that nobody else is; else inside a user namespace.
"""

import os
import select
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

from distill.errors import UserError
from distill.verify.sandbox.inside.cell import Limits
from distill.verify.sandbox.inside.syscalls import MACHINES
from distill.verify.sandbox.inside.wire import read_frame, read_json, write_frame, write_json

_INSIDE = Path(__file__).parent / "inside"
_LIBRARIES = ("/usr/lib", "/usr/lib64", "/lib", "/lib64")
_DEVICES = ("null", "zero", "random", "urandom")
START_SEC = 30.0
_FIRST_USER = 0x6000_0000
_START = "import sys; sys.path.insert(0, '/box'); from inside.server import main; main()"
_TRIAL = "import sys; print(sys.stdin.read())"


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a cell ended."""

    status: int | None
    """The exit status, negative for a signal; None if it ran until it was ended."""
    cpu_sec: float
    cut: str | None
    """What it was stopped for: cpu, memory, output, deadline; None where it ended by itself."""


@dataclass(frozen=True, kw_only=True)
class Tested:
    """How tests of functions came out."""

    outcome: str | None
    """passed, failed, gone, nonsense, `did not run`, `cannot cross`; None where tests said none."""
    error: str
    """Name of the exception, or of the type that cannot cross."""
    candidate: Ending
    tests: Ending


class Sandbox:
    """A running sandbox. What a job leaves behind ends with the job."""

    def __init__(self, limits: Limits | None = None) -> None:
        """Start it.

        Raises:
            UserError: if this machine cannot have one, naming the way out.
        """
        self.limits = limits or Limits()
        self._process = subprocess.Popen(
            _command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={},
            start_new_session=True,  # Ctrl-C is for who started this
        )
        assert self._process.stdin and self._process.stdout
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        ready, *_ = select.select([self._from], [], [], START_SEC)
        try:
            if not ready:
                raise EOFError
            read_json(self._from)
        except EOFError:
            raise UserError(_cannot(self._complaint())) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End it with all that is in it."""
        self._process.kill()
        self._process.communicate()

    def _complaint(self) -> str:
        """End it and return the last line that it said."""
        self._process.kill()
        lines = self._process.communicate()[1].decode(errors="replace").splitlines()
        return next((line for line in reversed(lines) if line.strip()), "it says nothing")

    def _begin(self, kind: str, program: str, wall_sec: float) -> None:
        write_json(self._to, {"kind": kind, "limits": asdict(self.limits), "wall_sec": wall_sec})
        write_frame(self._to, program.encode(errors="replace"))

    def test_functions(self, program: str, task: dict[str, Any], wall_sec: float) -> Tested:
        """Run tests against the functions of a program; `task` is what tester.run() takes.

        Raises:
            OSError, EOFError: if the sandbox is broken; it is of no use any more.
        """
        self._begin("functions", program, wall_sec)
        write_json(self._to, task)
        reply = read_json(self._from)
        report = reply["report"] or {"outcome": None, "error": ""}
        return Tested(
            outcome=report["outcome"],
            error=report["error"],
            candidate=Ending(**reply["candidate"]),
            tests=Ending(**reply["tests"]),
        )

    def run_program(
        self, program: str, inputs: Iterable[bytes], wall_sec: float
    ) -> Generator[tuple[bytes, Ending], None, None]:
        """Yield a program's output for every input and how it ended; to stop early, close it.

        Raises:
            OSError, EOFError: if the sandbox is broken; it is of no use any more.
        """
        self._begin("program", program, wall_sec)
        try:
            for given in inputs:
                write_frame(self._to, b"+" + given)
                ending = Ending(**read_json(self._from))
                yield read_frame(self._from), ending
        finally:
            write_frame(self._to, b"")


def _command() -> list[str]:
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise UserError(_cannot("bwrap, of the package bubblewrap, is not installed"))
    if os.uname().machine not in MACHINES:
        raise UserError(_cannot(f"machines of type {os.uname().machine} are not known to it"))
    root = _is_root()
    python = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return [
        *(bwrap, "--die-with-parent", "--new-session", "--unshare-ipc", "--unshare-pid"),
        *("--unshare-net", "--unshare-uts", "--unshare-cgroup-try"),
        *(() if root else ("--unshare-user",)),
        *("--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN"),
        *(("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_KILL") * root),
        *_mounts(),
        *(str(python), "-I", "-S", "-B", "-X", "utf8", "-c", _START),
        str(_FIRST_USER + os.getpid() if root else 0),
    ]


def _is_root() -> bool:
    """Return whether this is the machine's root, not that of a container's user namespace."""
    everybody = str(2**32 - 1)
    return os.geteuid() == 0 and everybody in Path("/proc/self/uid_map").read_text().split()


def _mounts() -> list[str]:
    shown = [path for path in (sys.base_prefix, *_LIBRARIES) if Path(path).exists()]
    above = {str(folder) for path in shown for folder in Path(path).parents} - {"/"}
    mounts = []
    for folder in sorted({*above, "/dev", "/box"}):  # bwrap would keep them to root
        mounts += ["--perms", "0755", "--dir", folder]
    mounts += [part for path in shown for part in ("--ro-bind", path, path)]
    for device in _DEVICES:
        mounts += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    mounts += ["--ro-bind", str(_INSIDE), "/box/inside", "--proc", "/proc", "--tmpfs", "/tmp"]
    return [*mounts, "--chdir", "/tmp", "--remount-ro", "/"]


def _cannot(reason: str) -> str:
    return (
        f"model-written code cannot be run here, since there is no sandbox to run it in: {reason}. "
        "Install the package bubblewrap; where it is and fails, allow user namespaces (sysctl "
        "kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0, a "
        "container with CAP_SYS_ADMIN), or take `code` out of verification.verifiers."
    )


@cache
def require() -> None:
    """Try a sandbox out, once in a process if it works.

    Raises:
        UserError: if this machine cannot have one, naming the way out.
    """
    try:
        with Sandbox() as sandbox:
            [(output, ending)] = sandbox.run_program(_TRIAL, [b"sandbox"], 10.0)
    except (OSError, EOFError) as error:
        raise UserError(_cannot(f"a trial failed: {error!r}")) from error
    if output != b"sandbox\n":
        raise UserError(_cannot(f"a trial program ended with {ending}"))


def refusal() -> str | None:
    """Return why this machine cannot have a sandbox, or None."""
    try:
        return require()
    except UserError as error:
        return str(error)
