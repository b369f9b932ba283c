import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from distill.config.prompts import Verification
from distill.verify.pool import VerifierPool
from tests.distill.code_attacks import SECRET, TEST, sources
from tests.distill.code_toys import code, needs_sandbox

pytestmark = needs_sandbox
SOLUTION = f"def f(x): return {SECRET!r}"
CODE = Verification(verifiers=("code",), num_workers=1, timeout_sec=2.5)
BUSY = {
    "endless loop",
    "endless loop that ignores signals",
    "endless output",
    "memory of many processes",
}
"""On a busy machine the clock may run out before CPU time or memory does."""
NEVER_DONE = {"sleeping for ever", "the grader patched"}
WRONG = {
    "exit before the tests": "leaves before it is tested",
    "exit that says passed": "leaves before it is tested",
    "a crash": "signal 11",
    "a reply of code": "answers nonsense",
    "a reply without end": "answers nonsense",
    "network": "test: AssertionError",
    "fork bomb": "test: AssertionError",
    "expected values in memory": "test: AssertionError",
    "expected values in raw memory": "test: AssertionError",
    "a value equal to everything": "test: AssertionError",
}
OTHER_PYTHON = Path("/usr/bin/python3.11")
NOBODY = 65534
AS_NOBODY = """
import json, sys
sys.path.insert(0, sys.argv[1])
from distill.verify.sandbox.host import Limits, Sandbox
from tests.distill.code_attacks import TEST, sources
with Sandbox(Limits(cpu_sec=1)) as sandbox:
    for name, source in sources(int(sys.argv[2]), sys.argv[3]).items():
        tested = sandbox.test_functions(source, {"tests": [TEST]}, 2.0)
        after = sandbox.test_functions(sys.argv[4], {"tests": [TEST]}, 2.0)
        print(json.dumps([name, tested.outcome, after.outcome]))
"""


@pytest.fixture(scope="module")
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def settled(worker):
    """Return how many processes are left below a worker when no more of them end."""
    for _ in range(100):
        if (num := len(psutil.Process(worker.process.pid).children(recursive=True))) <= 3:
            break
        time.sleep(0.05)
    return num


def test_every_attack_is_contained_and_the_pool_lives_on(listener, tmp_path, monkeypatch):
    monkeypatch.setenv("MARK", "MARK")
    attacks = sources(listener.getsockname()[1], str(tmp_path))
    checks = []
    for name, source in attacks.items():
        checks += [code(name, source, tests=[TEST]), code((name, "after"), SOLUTION, tests=[TEST])]
    with VerifierPool(CODE) as pool:
        verdicts = dict(pool.verify(checks))
        num_left = settled(pool._workers[0])
    decided = {name: verdicts[name].decision for name in attacks}
    assert "correct" not in decided.values()
    undecided = {n: v.reason for n, v in verdicts.items() if v.decision == "undecided"}
    assert set(undecided.values()) == {"timeout"}  # of others too, where the machine is busy
    assert undecided.keys() >= NEVER_DONE
    assert {verdicts[name].reason for name in BUSY} <= {"time limit", "memory limit", "timeout"}
    wrong = {name: reason for name, reason in WRONG.items() if name not in undecided}
    assert {name: verdicts[name].reason for name in wrong} == wrong
    assert {verdicts[name, "after"].decision for name in attacks} == {"correct"}
    assert num_left == 3  # twice bwrap, and the sandbox's first process
    assert list(tmp_path.iterdir()) == []
    listener.setblocking(False)
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="the other tests run without root already")
def test_every_attack_is_contained_without_root(listener, tmp_path):
    root = Path(__file__).parents[2]
    if not OTHER_PYTHON.exists() or any(not p.stat().st_mode & 1 for p in root.parents):
        pytest.skip(f"nobody can neither run {OTHER_PYTHON} nor read {root}")
    tmp_path.chmod(0o777)
    arguments = [str(root), str(listener.getsockname()[1]), str(tmp_path), SOLUTION]
    done = subprocess.run(
        [OTHER_PYTHON, "-B", "-c", AS_NOBODY, *arguments],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        capture_output=True,
        text=True,
        cwd="/",
    )
    assert done.stderr == ""
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    assert [name for name, _, _ in outcomes] == list(sources(0, ""))
    assert [name for name, outcome, _ in outcomes if outcome == "passed"] == []
    assert {after for _, _, after in outcomes} == {"passed"}
    assert list(tmp_path.iterdir()) == []


def test_nothing_passes_from_one_candidate_to_the_next():
    leave = """
import os, socket, threading
for place in ("/tmp", "/dev/shm", "/var/tmp"):
    try:
        open(place + "/left", "w").write("left")
    except OSError:
        pass
server = socket.socket(socket.AF_UNIX)
server.bind("\\0left")
server.listen()
if os.fork() == 0:
    while True:
        server.accept()
def f(x): return 1
"""
    find = """
import os, socket
found = [p for p in ("/tmp", "/dev/shm", "/var/tmp") if os.path.exists(p + "/left")]
try:
    socket.socket(socket.AF_UNIX).connect("\\0left")
    found.append("socket")
except OSError:
    pass
def f(x): return found
"""
    with VerifierPool(CODE) as pool:
        checks = [
            code("leaves", leave, tests=["assert f(0) == 1"]),
            code("finds", find, tests=["assert f(0) == []"]),
        ]
        verdicts = dict(pool.verify(checks))
    assert {key: v.decision for key, v in verdicts.items()} == {
        "leaves": "correct",
        "finds": "correct",
    }


@pytest.mark.parametrize(
    ("program", "decision", "reason"),
    [
        ("print(int(input()) * 2)", "correct", "passed"),
        ("import sys; sys.exit(0); input()", "wrong", "other output"),
        ("import os; os._exit(0); input()", "wrong", "other output"),
        ("input()\nwhile True: print('4')", "wrong", "output limit"),
        ("input()\nimport time; time.sleep(99)", "undecided", "timeout"),
        ("input()\nraise ValueError", "wrong", "exit status 1"),
        ("input()\nimport ctypes; ctypes.string_at(0)", "wrong", "signal 11"),
        (
            "import os, time; x = int(input())\nif os.fork() == 0:\n    os.setsid()\n"
            "    time.sleep(3600)  # holding standard output open\nprint(x * 2)",
            "correct",
            "passed",
        ),
        (
            'import os; input(); t = b\'{"status": 0, "cpu_sec": 0, "cut": null}\'\n'
            "for fd in range(64):\n  try: os.write(fd, len(t).to_bytes(4, 'big') + t)\n"
            "  except OSError: pass",
            "wrong",
            "other output",
        ),
    ],
)
def test_attacks_of_programs(program, decision, reason, program_pool):
    verdict = dict(program_pool.verify([code(0, program, inputs=["2\n"], outputs=["4\n"])]))[0]
    assert (verdict.decision, verdict.reason) == (decision, reason)


def test_a_program_that_closes_its_output_and_runs_on_is_stopped(program_pool):
    program = "input()\nimport os; os.close(1)\nwhile True: pass"
    verdict = dict(program_pool.verify([code(0, program, inputs=["2\n"], outputs=["4\n"])]))[0]
    assert verdict.reason in ("time limit", "timeout")


@pytest.fixture(scope="module")
def program_pool():
    with VerifierPool(CODE) as pool:
        yield pool


def test_a_killed_worker_takes_its_sandbox_along():
    script = (
        "import os, signal\nfrom distill.verify.sandbox.host import Sandbox\n"
        "sandbox = Sandbox()\nprint(sandbox._process.pid, flush=True)\nsignal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as worker:
        outer = psutil.Process(int(worker.stdout.readline()))
        inside = outer.children(recursive=True)
        worker.kill()
    gone, alive = psutil.wait_procs([outer, *inside], timeout=10)
    assert len(gone) >= 2 and alive == []


def test_roots_of_user_namespaces_have_a_sandbox_too():
    script = (
        "from distill.verify.sandbox.host import _is_root, require; require(); print(_is_root())"
    )
    unshare = ["unshare", "--user", "--map-root-user", sys.executable, "-c", script]
    if subprocess.run(["unshare", "--user", "true"]).returncode:
        pytest.skip("no user namespaces here")
    assert subprocess.run(unshare, capture_output=True, text=True).stdout == "False\n"
