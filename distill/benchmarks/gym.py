"""Problems of reasoning-gym families, the same ones in every process."""

import atexit
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import IO, Any

from distill.benchmarks.base import Problem
from distill.errors import UserError
from distill.ids import canonical_json

VERIFIER = "reasoning-gym"
LICENCE = "Apache-2.0"


def gym_problems(
    family: str, *, size: int, seed: int, settings: dict[str, Any]
) -> tuple[Problem, ...]:
    """Return the distinct ones of `size` problems; many families repeat themselves.

    Item i of seed s is item 0 of seed s + i: ranges of seeds that overlap give the same problems.

    Raises:
        UserError: for an unknown family or setting, and settings that do not work.
    """
    return _drawn(family, size, seed, canonical_json(settings))


@cache
def _drawn(family: str, size: int, seed: int, settings: str) -> tuple[Problem, ...]:
    request = {"family": family, "size": size, "seed": seed, "settings": json.loads(settings)}
    to_process, from_process = _process()
    to_process.write(canonical_json(request) + "\n")
    to_process.flush()
    line = from_process.readline()
    if not line:
        _process.cache_clear()
        raise RuntimeError("the process that makes reasoning-gym problems died; see above")
    reply = json.loads(line)
    if isinstance(reply, str):
        raise UserError(reply)
    return tuple(Problem.of(text, {VERIFIER: gold}, row) for row, text, gold in reply)


@cache
def _process() -> tuple[IO[str], IO[str]]:
    here = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(
        [sys.executable, "-m", "distill.benchmarks.gym_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONHASHSEED": "0", "PYTHONPATH": path},
    )
    assert process.stdin and process.stdout
    atexit.register(process.kill)  # it ends by itself when standard input closes
    return process.stdin, process.stdout
