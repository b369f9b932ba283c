"""The candidate's side: it runs a program, or answers calls of the program's functions.

Nothing in this process is to be trusted once the program has begun. Only data leaves it, and what
decides about that is in another cell.
"""

import atexit
import builtins
import sys
import threading
import types
from collections.abc import Callable
from typing import Any

from . import plain
from .wire import read_json, write_json

NAME = "solution"
MODULE_MISSING = 97
"""The status of a program that wants a module which is not Python's own."""
_OPERATIONS: dict[str, Callable[..., Any]] = {
    "call": lambda function, args, kwargs: function(*args, **kwargs),
    "get": getattr,
    "item": lambda thing, key: thing[key],
    "iter": iter,
    "next": next,
    "len": len,
    "bool": bool,
    "str": str,
}


class _Guest:
    def __init__(self, channel: int) -> None:
        self.channel = channel
        self.module = types.ModuleType(NAME)
        self.objects: list[Any] = []
        self.numbers: dict[int, int] = {}

    def run(self, program: str) -> None:
        """Run the program as a module, and say how that went."""
        sys.modules[NAME] = self.module  # where dataclasses and pickle look for it
        try:
            exec(compile(program, f"{NAME}.py", "exec"), vars(self.module))
        except Exception as error:
            write_json(self.channel, ["raised", type(error).__name__])
        else:
            write_json(self.channel, ["ran", None])

    def answer(self) -> None:
        """Do one thing that the tests ask for."""
        operation, *data = read_json(self.channel)
        try:
            reply = self._reply(operation, data)
        except Exception as error:
            reply = ["raised", type(error).__name__, str(error)[:1000]]
        write_json(self.channel, reply)

    def _reply(self, operation: str, data: list[Any]) -> list[Any]:
        if operation == "name":
            return ["value", self._encode(eval(data[0], vars(self.module)))]
        values = [plain.decode(item, self.objects.__getitem__) for item in data]
        result = self._encode(_OPERATIONS[operation](*values))
        if operation == "call" and (arguments := self._encode(values[1])) != data[1]:
            return ["value", result, arguments]
        return ["value", result]

    def _encode(self, value: Any) -> Any:
        return plain.encode(value, self._number)

    def _number(self, thing: Any) -> int:
        if id(thing) not in self.numbers:
            self.numbers[id(thing)] = len(self.objects)
            self.objects.append(thing)
        return self.numbers[id(thing)]


def serve(program: str, channel: int) -> None:
    """Run a program as a module, then answer until the tests hang up."""
    guest = _Guest(channel)
    guest.run(program)
    while True:
        guest.answer()


def run(program: str) -> None:
    """Run a program as Python runs a file, to its end."""
    main = types.ModuleType("__main__")
    vars(main).update({"__builtins__": builtins, "__file__": "main.py"})
    sys.modules["__main__"] = main
    sys.argv[:] = ["main.py"]
    try:
        exec(compile(program, "main.py", "exec"), vars(main))
    except ModuleNotFoundError:
        sys.exit(MODULE_MISSING)
    finally:  # what Python does at its end: it waits for threads, too
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
