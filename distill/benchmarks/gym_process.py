"""A process of its own in which reasoning-gym makes problems: requests and replies are JSON lines.

Some families go through sets of strings, so their problems depend on Python's hash seed, which can
only be set when a process starts: with a random one, every run would be asked other problems.
"""

import dataclasses
import json
import signal
import sys
from typing import Any

from distill.errors import UserError, nearest
from distill.verify.reasoning_gym import make_gold


def main() -> None:
    """Answer requests until standard input ends; what libraries print goes to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asks
    replies, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        try:
            reply: Any = draw(**json.loads(line))
        except UserError as error:
            reply = str(error)
        print(json.dumps(reply), file=replies, flush=True)


def draw(family: str, size: int, seed: int, settings: dict[str, Any]) -> list[Any]:
    """Return [row, text, gold] of each distinct problem of a family and seed range.

    Raises:
        UserError: for an unknown family or setting, and settings that do not work.
    """
    dataset = _dataset(family, size, seed, settings)
    problems: dict[str, list[Any]] = {}
    for index in range(size):
        try:
            entry = dataset[index]
        except Exception as error:
            reason = str(error) or type(error).__name__
            raise UserError(
                f"reasoning-gym {family!r}: settings {settings} make no problem {index} of seed "
                f"{seed}: {reason}"
            ) from error
        if entry["question"] not in problems:
            gold = make_gold(family, settings, entry)
            problems[entry["question"]] = [seed + index, entry["question"], gold]
    return list(problems.values())


def _dataset(family: str, size: int, seed: int, settings: dict[str, Any]) -> Any:
    import reasoning_gym  # noqa: F401
    from reasoning_gym.factory import DATASETS

    if family not in DATASETS:
        raise UserError(f"reasoning-gym has no family {family!r}{nearest(family, DATASETS)}")
    dataset, configuration = DATASETS[family]
    known = {field.name for field in dataclasses.fields(configuration)} - {"seed", "size"}
    for name in settings:
        if name not in known:
            hint = nearest(name, known)
            raise UserError(f"reasoning-gym {family!r} has no setting {name!r}{hint}")
    try:
        return dataset(config=configuration(**settings, seed=seed, size=size))
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise UserError(
            f"reasoning-gym {family!r}: settings {settings} do not work: {reason}"
        ) from error


if __name__ == "__main__":
    main()
