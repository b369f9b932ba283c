"""Running a function in a process of its own: how long it takes and how much memory it needs."""

import multiprocessing
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What the function returned, and what it took."""

    value: Any
    seconds: float
    peak_bytes: int
    """The largest resident set of its process: imports, and pages of files that it mapped, too."""


def apart(function: Callable[..., Any], *args: Any) -> Measured:
    """Run a function of a module in a new process.

    Raises:
        RuntimeError: if it does not return.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run, args=(theirs, function, args))
    process.start()
    theirs.close()
    try:
        return Measured(**ours.recv())
    except EOFError as error:
        raise RuntimeError(f"{function.__name__} died; what it said stands above") from error
    finally:
        process.join()


def _run(pipe: Any, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
    begun = time.perf_counter()
    value = function(*args)
    seconds = time.perf_counter() - begun
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    pipe.send({"value": value, "seconds": seconds, "peak_bytes": int(peak) * 1024})
