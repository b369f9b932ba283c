"""What a server's log says about its end."""

import re
from collections.abc import Iterator
from pathlib import Path

NUM_LINES = 20
MAX_WIDTH = 300
ERROR = re.compile(
    r"^(?:\(\w+ pid=\d+\) (?:ERROR [^\]]*\] )?)?([A-Za-z][\w.]*(?:Error|Exception): .+)"
)
"""The last line of a traceback, as Python prints it or as vLLM logs it."""
NOISE = re.compile(r"^(nanobind:| - (leaked|\.\.\.)|See https://nanobind)|resource_tracker")
"""What libraries print when their process ends; it would push the reason out of sight."""
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def report(log: Path, begin: int = 0) -> str:
    """Return the first error and the last lines that a log has from byte `begin` on.

    A failing engine writes its reason first and many lines about shutting down after it.
    """
    lines = list(_lines(log, begin))
    errors = [match[1] for line in lines if (match := ERROR.search(line))]
    title = f"The last lines of {log}:"
    if errors:
        title = f"The first error in {log}:\n  {errors[0]}\nIts last lines:"
    return "\n".join([title, *(f"  | {line}" for line in lines[-NUM_LINES:])])


def _lines(log: Path, begin: int) -> Iterator[str]:
    """Yield lines without colours, control characters and noise."""
    with log.open("rb") as file:
        file.seek(begin)
        for raw in file:
            text = ESCAPES.sub("", raw.decode(errors="replace").rstrip().rsplit("\r", 1)[-1])
            line = "".join(c for c in text if c.isprintable() or c == "\t")
            if line and not NOISE.search(line):
                yield line[:MAX_WIDTH]
