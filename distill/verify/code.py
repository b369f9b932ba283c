"""Code: the program in an answer is run in a sandbox, against tests.

Gold, for functions: {"tests": [source, ...], "entry_point": name, "prompt": source}. Each test is
Python that raises if the answer is wrong (`assert f(1) == 2`); if one defines `check`, that is
called with the entry point, as HumanEval's is. The last two may be left out: what tests use and do
not define is looked for in the answer. `prompt` is source that the answer may go on from, and that
the tests may use.

Gold, for programs: {"inputs": [text, ...], "outputs": [text, ...]}: standard input, and what is to
be printed for it.

A candidate never shares a process with what it is judged by. Tests of functions run in a cell of
their own, and only plain values come back to them; printed output is compared outside the sandbox.
Time is counted in CPU seconds where it makes an answer wrong, so that a busy machine does not; a
wall clock that runs out leaves it undecided.
"""

import os
import platform
from functools import lru_cache
from typing import Any

from distill.config.prompts import Verification
from distill.errors import UserError
from distill.verify import code_extract
from distill.verify.base import Verdict, Verifier
from distill.verify.code_output import same_output
from distill.verify.sandbox.host import Ending, Sandbox, Tested, require
from distill.verify.sandbox.inside.cell import Limits
from distill.verify.sandbox.inside.guest import MODULE_MISSING
from distill.verify.sandbox.inside.tester import free_names

CPU_SHARE, WALL_SHARE = 0.4, 0.8
"""Of the verdict's deadline: CPU time of one run, and clock time of all runs of an answer."""
_MISSING = "wants a module that is not here"
_WRONG = {"cpu": "time limit", "memory": "memory limit", "output": "output limit"}


class _Worker:
    """What a worker process keeps: its sandbox, or why it has none."""

    sandbox: Sandbox | None = None
    refusal = "not loaded"
    wall_sec = 0.0


def _load(settings: Verification) -> None:
    _Worker.wall_sec = settings.timeout_sec * WALL_SHARE
    try:
        _Worker.sandbox = Sandbox(Limits(cpu_sec=max(1, int(settings.timeout_sec * CPU_SHARE))))
    except UserError as error:
        _Worker.refusal = str(error)


def _check(answer: str, gold: dict[str, Any]) -> Verdict:
    if _Worker.sandbox is None:
        return Verdict(decision="undecided", reason=f"no sandbox: {_Worker.refusal}")
    run = _check_program if "inputs" in gold else _check_functions
    try:
        return run(_Worker.sandbox, answer, gold)
    except (OSError, EOFError):
        os._exit(1)  # the sandbox is broken, and this process may start no other: its parent may


def _check_functions(sandbox: Sandbox, answer: str, gold: dict[str, Any]) -> Verdict:
    tests, prompt = _tests(gold), gold.get("prompt") or ""
    name = gold.get("entry_point")
    wanted = name or next(iter(free_names("\n".join(tests))), None)
    source = code_extract.module(answer, wanted, prompt)
    if source is None:
        return Verdict(decision="wrong", score=0.0, reason="no code in the answer")
    task = {"tests": tests, "entry_point": name, "prompt": prompt}
    tested = sandbox.test_functions(source, task, _Worker.wall_sec)
    decision, reason = _outcome(tested)
    return _verdict(decision, reason, source)


def _outcome(tested: Tested) -> tuple[str, str]:
    if tested.outcome == "passed":
        return "correct", "passed"
    if tested.error == "ModuleNotFoundError":
        return "undecided", _MISSING
    if tested.outcome == "failed":
        return "wrong", f"test: {tested.error or 'raised'}"
    if tested.outcome == "did not run":
        return "wrong", f"raised {tested.error}"
    if tested.outcome == "cannot cross":
        return "undecided", f"a {tested.error} cannot cross"
    if tested.outcome == "nonsense":
        return "wrong", "answers nonsense"
    if tested.outcome == "gone":
        return _died(tested.candidate) or ("wrong", "leaves before it is tested")
    if tested.tests.cut == "memory":
        return "wrong", _WRONG["memory"]
    reason = "timeout" if tested.tests.cut == "deadline" else "tests end without an outcome"
    return "undecided", reason


def _died(candidate: Ending) -> tuple[str, str] | None:
    """Return what to make of a candidate that was stopped or died of a signal."""
    if candidate.cut == "deadline":
        return "undecided", "timeout"
    if candidate.cut:
        return "wrong", _WRONG[candidate.cut]
    if candidate.status == -9:  # no program sends itself that one: the machine's memory ran out
        return "undecided", "killed"
    if candidate.status is not None and candidate.status < 0:
        return "wrong", f"signal {-candidate.status}"
    return None


def _check_program(sandbox: Sandbox, answer: str, gold: dict[str, Any]) -> Verdict:
    source = code_extract.program(answer)
    if source is None and (language := code_extract.other_language(answer)):
        return Verdict(decision="undecided", reason=f"written in {language}")
    if source is None:
        return Verdict(decision="wrong", score=0.0, reason="no code in the answer")
    inputs = [text.encode(errors="replace") for text in gold["inputs"]]
    runs = sandbox.run_program(source, inputs, _Worker.wall_sec)
    try:
        for (output, ending), expected in zip(runs, gold["outputs"], strict=True):
            if died := _died(ending):
                return _verdict(*died, source)
            if ending.status == MODULE_MISSING:
                return _verdict("undecided", _MISSING, source)
            if ending.status:
                return _verdict("wrong", f"exit status {ending.status}", source)
            if not same_output(output.decode(errors="replace"), expected):
                return _verdict("wrong", "other output", source)
    finally:
        runs.close()
    return _verdict("correct", "passed", source)


def _verdict(decision: Any, reason: str, source: str) -> Verdict:
    score = {"correct": 1.0, "wrong": 0.0}.get(decision)
    return Verdict(decision=decision, score=score, reason=reason, extracted=source)


def _tests(gold: dict[str, Any]) -> list[str]:
    tests = gold["tests"]
    return [tests] if isinstance(tests, str) else list(tests)


def _check_gold(gold: Any) -> str | None:
    if not isinstance(gold, dict) or ("tests" in gold) == ("inputs" in gold):
        return 'must be {"tests": [...]} or {"inputs": [...], "outputs": [...]}'
    if "inputs" in gold:
        inputs, outputs = gold["inputs"], gold.get("outputs", [])
        if not _are_texts(inputs) or not _are_texts(outputs) or len(inputs) != len(outputs):
            return 'must have as many texts in "outputs" as in "inputs", and one at least'
        return None
    if not _are_texts([gold["tests"]] if isinstance(gold["tests"], str) else gold["tests"]):
        return 'must have source in "tests", as a text or a list of texts'
    others = (gold.get("entry_point"), gold.get("prompt"))
    if not all(other is None or isinstance(other, str) for other in others):
        return 'must have texts as "entry_point" and "prompt", or leave them out'
    sources = [*_tests(gold), gold.get("prompt") or ""]
    return None if all(map(_is_python, sources)) else "has a test that is no Python"


@lru_cache(maxsize=512)  # the same for every answer to a problem
def _is_python(text: str) -> bool:
    return code_extract.parses(text)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(text, str) for text in value)


VERIFIER = Verifier(
    name="code",
    version=lambda: f"1/python-{platform.python_version()}",
    settings={"cpu_share": CPU_SHARE, "wall_share": WALL_SHARE, **vars(Limits())},
    load=_load,
    check=_check,
    check_gold=_check_gold,
    require=require,
)
