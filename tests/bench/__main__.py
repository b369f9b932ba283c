"""`make bench [ONLY=group-or-name]`: run the benchmarks, a line a figure.

A benchmark is a module of this folder, named group_name.py, with `measure()` that yields Figures.
One that cannot be run raises `Skipped`; it is counted, and has met nothing.
"""

import json
import platform
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from tests.bench.skipped import Skipped

HERE = Path(__file__).parent
RESULTS = HERE.parent.parent / ".bench" / "results.jsonl"


def chosen(only: str) -> list[str]:
    """Return the modules of a group or of one name; all for an empty word."""
    names = sorted(path.stem for path in HERE.glob("*_*.py") if not path.stem.startswith("_"))
    return [name for name in names if only in ("", name, name.split("_")[0])]


def main(only: str = "") -> int:
    """Run them; 1 if a target was missed or nothing ran."""
    names, skipped, missed, measured = chosen(only), 0, 0, 0
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a") as results:
        for name in names:
            try:
                for figure in import_module(f"tests.bench.{name}").measure():
                    print(figure.line(), flush=True)
                    stamp = {"at": datetime.now(UTC).isoformat(timespec="seconds")}
                    stamp["host"] = f"{platform.machine()} {platform.system()}"
                    results.write(json.dumps(figure.record() | stamp) + "\n")
                    results.flush()
                    measured += 1
                    missed += figure.met is False
            except Skipped as reason:
                print(f"{name}: skipped: {reason}", flush=True)
                skipped += 1
    print(f"{measured} figures, {missed} below target, {skipped} benchmarks skipped ({RESULTS})")
    return int(missed > 0 or measured == 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
