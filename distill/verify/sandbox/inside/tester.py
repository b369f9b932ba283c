"""The tests' side of a test of functions: they run here, the candidate's functions in another cell.

A test calls what looks like the candidate's function and gets back values of Python's own types, so
that `==` is Python's own. The candidate sees neither the tests with their expected values nor the
pipe that the outcome goes through.
"""

import ast
import builtins
import json
import os
from collections import deque
from collections.abc import Iterator
from typing import Any, NoReturn

from . import plain
from .wire import read_frame, write_json

MAX_REPLY_BYTES = 16 << 20


class CandidateError(Exception):
    """The candidate raised what is none of Python's own exceptions."""


class Link:
    """The way to the candidate, and the way out with the outcome."""

    def __init__(self, channel: int, report: int) -> None:
        self.channel, self.report = channel, report

    def begin(self) -> None:
        """Wait until the candidate's program has run as a module."""
        kind, *rest = self._receive()
        if kind != "ran":
            self.finish("did not run", str(rest[0]))

    def ask(self, operation: str, *data: Any) -> list[Any]:
        """Return the data of the candidate's reply.

        Raises:
            Exception: what the candidate raised.
        """
        try:
            write_json(self.channel, [operation, *data])
        except ConnectionError:
            self.finish("gone")
        kind, *rest = self._receive()
        if kind == "raised":
            raise _exception(*map(str, rest))
        return rest

    def _receive(self) -> list[Any]:
        try:
            reply = json.loads(read_frame(self.channel, MAX_REPLY_BYTES))
        except (EOFError, ConnectionError):
            self.finish("gone")
        except (OverflowError, ValueError, RecursionError):
            self.finish("nonsense")
        if not isinstance(reply, list) or len(reply) < 2:
            self.finish("nonsense")
        return reply

    def encode(self, value: Any) -> Any:
        """Return a value as data; what cannot cross ends the test."""
        return plain.encode(value, self._number)

    def decode(self, data: Any) -> Any:
        """Return the value of what a candidate sent."""
        try:
            return plain.decode(data, lambda number: Handle(self, int(number)))
        except Exception:
            self.finish("nonsense")

    def _number(self, value: Any) -> int:
        if not isinstance(value, Handle):
            self.finish("cannot cross", type(value).__name__)
        return value._number

    def finish(self, outcome: str, error: str = "", test: int | None = None) -> NoReturn:
        """Send the outcome and end this process, where no `except` of a test can hold it."""
        name = error if error.isidentifier() else ""
        write_json(self.report, {"outcome": outcome, "error": name[:40], "test": test})
        os._exit(0)


class Handle:
    """Something of the candidate's that is not plain: a function, an object, an iterator."""

    def __init__(self, link: Link, number: int) -> None:
        self._link, self._number = link, number

    def _do(self, operation: str, *values: Any) -> Any:
        data = [self._link.encode(value) for value in (self, *values)]
        reply = self._link.ask(operation, *data)
        if len(reply) > 1:  # the call changed its arguments
            _update(values[0], self._link.decode(reply[1]))
        return self._link.decode(reply[0])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it over there; what it does to its arguments is done to ours."""
        return self._do("call", list(args), kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._do("get", name)

    def __getitem__(self, key: Any) -> Any:
        return self._do("item", key)

    def __iter__(self) -> Iterator[Any]:
        iterator: Iterator[Any] = self._do("iter")
        return iterator

    def __next__(self) -> Any:
        return self._do("next")

    def __len__(self) -> int:
        return int(self._do("len"))

    def __bool__(self) -> bool:
        return bool(self._do("bool"))

    def __str__(self) -> str:
        return str(self._do("str"))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Handle):
            return other._number == self._number
        self._link.encode(other)  # what is not plain either might well be equal: nobody can say
        return False

    def __hash__(self) -> int:
        return self._number


def _exception(name: str, text: str = "") -> Exception:
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind(text)
        except TypeError:  # some want more than a text
            pass
    return CandidateError(f"{name}: {text}")


def _update(ours: list[Any], theirs: Any) -> None:
    """Let arguments look as the candidate left its copies of them."""
    for old, new in zip(ours, theirs if isinstance(theirs, list) else (), strict=False):
        if type(old) is not type(new):
            continue
        if isinstance(old, list | bytearray):
            old[:] = new
        elif isinstance(old, dict | set):
            old.clear()
            old.update(new)
        elif isinstance(old, deque):
            old.clear()
            old.extend(new)


def run(task: dict[str, Any], channel: int, report: int) -> None:
    """Run tests against a candidate and send how they came out.

    Args:
        task: "tests", sources in order; "entry_point", an expression for what their `check` gets;
            "prompt", source that they may use, itself not the candidate's.
        channel: to the candidate.
        report: where the outcome goes.
    """
    link = Link(channel, report)
    link.begin()
    namespace: dict[str, Any] = {"__name__": "tests"}
    position = None
    try:
        entry = task.get("entry_point")
        _prepare(task, namespace, link)
        for position, test in enumerate(task["tests"]):  # noqa: B007
            exec(compile(test, "test.py", "exec"), namespace)
        check = namespace.get("check")
        if entry and check is not None and not isinstance(check, Handle):
            check(namespace["candidate"])
    except BaseException as error:
        link.finish("failed", type(error).__name__, position)
    link.finish("passed")


def _prepare(task: dict[str, Any], namespace: dict[str, Any], link: Link) -> None:
    """Give the tests the names that they use: the prompt's own, else the candidate's."""
    if task.get("prompt"):
        exec(compile(task["prompt"], "prompt.py", "exec"), namespace)
    if entry := task.get("entry_point"):
        namespace[entry] = namespace["candidate"] = link.decode(link.ask("name", entry)[0])
    for name in free_names("\n".join(task["tests"])):
        if name not in namespace:
            try:
                namespace[name] = link.decode(link.ask("name", name)[0])
            except NameError:
                continue  # the test that uses it will say so


def free_names(source: str) -> list[str]:
    """Return the names that a source uses and neither binds nor has from Python, in order."""
    nodes = list(ast.walk(ast.parse(source)))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    bound |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    bound |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    names.sort(key=lambda name: (name.lineno, name.col_offset))
    used = dict.fromkeys(name.id for name in names)
    return [name for name in used if name not in bound and not hasattr(builtins, name)]
