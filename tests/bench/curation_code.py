"""Code verified in the sandbox: references that pass, mutants that fail, tests a second.

Beside it the same solutions and tests in plain Python processes, one each, with no sandbox at all,
as many at a time: the decisions are to be the same.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from distill.config.prompts import Verification
from distill.verify.base import Check
from distill.verify.pool import VerifierPool
from distill.verify.sandbox.host import refusal
from tests.bench.figure import Figure
from tests.bench.skipped import Skipped
from tests.distill.code_references import (
    Reference,
    as_one_script,
    emptied,
    references,
    with_another_operator,
)

NUM_WORKERS = 2
TIMEOUT_SEC = 10.0
PROGRAM = "import sys\nfor line in sys.stdin:\n    a, b = map(int, line.split())\n    print(a * b)"
NUM_INPUTS, NUM_PROGRAMS = 20, 20


def measure() -> Iterator[Figure]:
    """Verify every reference, emptied and mutated solution, here and in plain processes."""
    data = os.environ.get("DISTILL_DATA")
    if data is None:
        raise Skipped(
            "DISTILL_DATA names no folder with HumanEval.jsonl.gz and mbpp_sanitized.json"
        )
    if reason := refusal():
        raise Skipped(reason)
    found = [r for name in ("humaneval", "mbpp") for r in references(name, Path(data))]
    with VerifierPool(settings()) as pool:
        list(pool.verify(as_checks(found[:4], whole)))
        yield from rates(pool, found)
        yield from mutants(pool, found)
        yield programs(pool)


def settings() -> Verification:
    """Return how they are verified."""
    return Verification(verifiers=("code",), num_workers=NUM_WORKERS, timeout_sec=TIMEOUT_SEC)


def whole(reference: Reference) -> str | None:
    """Return the reference itself."""
    return reference.solution


def as_checks(found: Sequence[Reference], make: Callable[[Reference], str | None]) -> list[Check]:
    """Return a check of what is made of each reference, where something is."""
    return [
        Check(key=r.name, verifier="code", answer=f"```python\n{answer}\n```", gold=r.gold)
        for r in found
        if (answer := make(r))
    ]


def rates(pool: VerifierPool, found: list[Reference]) -> Iterator[Figure]:
    """Verify the references as they are, and in plain processes."""
    for benchmark in ("humaneval", "mbpp"):
        ours = [r for r in found if r.name.startswith(benchmark)]
        begun = time.perf_counter()
        verdicts = dict(pool.verify(as_checks(ours, whole)))
        rate = len(ours) / (time.perf_counter() - begun)
        begun = time.perf_counter()
        plain(ours, whole)
        passed = sum(verdict.decision == "correct" for verdict in verdicts.values())
        yield figure(f"code-{benchmark}-passed", 100 * passed / len(ours), "%", target=100)
        yield figure(
            f"code-{benchmark}-rate",
            rate,
            "solutions/s",
            peer="plain Python processes, no sandbox",
            peer_value=len(ours) / (time.perf_counter() - begun),
        )


def mutants(pool: VerifierPool, found: list[Reference]) -> Iterator[Figure]:
    """Verify solutions without a body, and with another operator, and compare the decisions."""
    verdicts = list(pool.verify(as_checks(found, emptied)))
    wrong = sum(verdict.decision == "wrong" for _, verdict in verdicts)
    yield figure("code-empty-body-wrong", 100 * wrong / len(verdicts), "%", target=100)
    decided = dict(pool.verify(as_checks(found, with_another_operator)))
    passing = plain(found, with_another_operator)
    differ = [name for name in decided if (decided[name].decision == "correct") != passing[name]]
    killed = sum(verdict.decision == "wrong" for verdict in decided.values())
    yield figure("code-operator-mutants", len(decided), "mutants")
    yield figure("code-operator-wrong", 100 * killed / len(decided), "%")
    yield figure("code-operator-differ", len(differ), "decisions", target=0, lower_is_better=True)
    if differ:
        print("\n".join(f"{name}: {decided[name]}"[:200] for name in differ))


def plain(found: Sequence[Reference], make: Callable[[Reference], str | None]) -> dict[str, bool]:
    """Return which pass in a plain Python process of their own."""
    scripts = {r.name: as_one_script(answer, r.gold) for r in found if (answer := make(r))}
    with ThreadPoolExecutor(NUM_WORKERS) as threads:
        return dict(zip(scripts, threads.map(passes, scripts.values()), strict=True))


def passes(script: str) -> bool:
    """Return whether a script ends well and in time."""
    command = [sys.executable, "-I", "-S", "-c", script]
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_SEC)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def programs(pool: VerifierPool) -> Figure:
    """Run a program on many inputs."""
    inputs = [f"{n} {n + 1}\n" for n in range(NUM_INPUTS)]
    gold = {"inputs": inputs, "outputs": [str(n * (n + 1)) for n in range(NUM_INPUTS)]}
    checks = [Check(key=n, verifier="code", answer=PROGRAM, gold=gold) for n in range(NUM_PROGRAMS)]
    begun = time.perf_counter()
    assert {verdict.decision for _, verdict in pool.verify(checks)} == {"correct"}
    rate = NUM_PROGRAMS * NUM_INPUTS / (time.perf_counter() - begun)
    return figure("code-program-rate", rate, "runs/s")


def figure(name: str, value: float, unit: str, **more: object) -> Figure:
    """Return a figure of this benchmark."""
    return Figure(name=name, group="curation", value=value, unit=unit, **more)  # type: ignore[arg-type]
