import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from distill.errors import UserError
from tests.warehouse.test_ask import ENDLESS
from tests.warehouse.toy_warehouse import Toy, uid
from warehouse.complete import SqlCompleter
from warehouse.shell import Shell, is_whole

COMPLETER = SqlCompleter(
    columns={"traces": ["attempt_id", "verdict"], "scores": ["model"]},
    words=["from", "select", "verify"],
    commands=[".ask", ".schema"],
    questions=["hardest_problems"],
)


def offered(text):
    found = COMPLETER.get_completions(
        Document(text.replace("|", ""), text.find("|")), CompleteEvent()
    )
    return [completion.text for completion in found]


def test_completion_knows_relations_columns_words_commands_and_questions():
    assert offered("select * from |") == ["traces", "scores"]
    assert offered("select * from traces join sc|") == ["scores"]
    assert offered("select ver| from traces") == ["verdict", "verify"]
    assert offered("select | from traces") == ["attempt_id", "verdict"]
    assert offered("select traces.v| from traces") == ["traces.verdict"]
    assert offered("sel|") == ["select"]
    assert offered("|") == []
    assert offered(".s|") == [".schema"]
    assert offered(".schema sc|") == ["scores"]
    assert offered(".ask h|") == ["hardest_problems"]


@pytest.mark.parametrize(
    "text", ["select 1", "select 1;", "select\n1;", "select\n1\n", ".list", ""]
)
def test_enter_runs_what_is_whole(text):
    assert is_whole(text)


@pytest.mark.parametrize("text", ["select", "select 'a", "select\n1", "select * from"])
def test_enter_goes_on_with_what_is_not(text):
    assert not is_whole(text)


def test_commands_answer_and_say_what_is_wrong(tmp_path):
    shell = Shell(Toy(tmp_path), tmp_path / "history")
    assert "scores (view)" in shell.answer(".schema scores")
    assert "hardest_problems" in shell.answer(".list")
    assert shell.answer(".ask runs limit=3").endswith("(0 rows)\n")
    for text, message in [
        (".schema scorez", "no relation 'scorez' (did you mean 'scores'?)"),
        (".ask runz", "no question 'runz' (did you mean 'runs'?)"),
        (".ask runs limits=1", "no parameter 'limits' (did you mean 'limit'?)"),
        (".ask runs limit", "write it as NAME=VALUE"),
        (".ask", "takes no such arguments"),
        (".lits", "no command .lits (did you mean '.list'?)"),
        (".ask 'x", "No closing quotation"),
    ]:
        with pytest.raises(UserError, match=re.escape(message)):
            shell.answer(text)


class Terminal:
    """The shell in a terminal of its own."""

    def __init__(self, home):
        self._file, end = pty.openpty()
        environment = os.environ | {
            "TERM": "xterm",
            "COLUMNS": "100",
            "LINES": "40",
            "PAGER": "cat",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "distill.cli", "sql", "--home", str(home)],
            **dict.fromkeys(("stdin", "stdout", "stderr"), end),
            cwd=Path(__file__).parents[2],
            env=environment,
            start_new_session=True,
            preexec_fn=lambda: __import__("fcntl").ioctl(0, __import__("termios").TIOCSCTTY, 0),
        )
        os.close(end)

    def type(self, text):
        os.write(self._file, text.encode())

    def until(self, text, seconds=20):
        seen, end = b"", time.monotonic() + seconds
        os.set_blocking(self._file, False)
        while text.encode() not in seen:
            assert time.monotonic() < end, seen.decode()
            try:
                seen += os.read(self._file, 65536)
            except BlockingIOError:
                time.sleep(0.02)
            if b"\x1b[6n" in seen[-4096:]:  # it asks where the cursor is
                self.type("\x1b[1;1R")
                seen = seen.replace(b"\x1b[6n", b"")
        return seen.decode()


def test_an_idle_shell_keeps_nobody_out_and_outlives_an_interrupt(tmp_path):
    toy = Toy(tmp_path)
    terminal = Terminal(tmp_path)
    terminal.until("distill>")
    terminal.type("select count(*) as n, 'some' || 'thing' from problems\r")
    terminal.until("something")
    toy.insert("problems", [{"problem_id": uid(name), "text": name} for name in "abcdefg"])
    terminal.type("select 'now ' || count(*) from problems\r")
    terminal.until("now 7")
    terminal.type(f"{ENDLESS}\r")
    terminal.until("running, Ctrl-C stops it")
    terminal.type("\x03")
    terminal.until("stopped")
    toy.insert("problems", [{"problem_id": uid("h"), "text": "h"}])
    terminal.type("select 'now ' || count(*) from problems\r")
    terminal.until("now 8")
    terminal.type("\x04")
    assert terminal.process.wait(10) == 0
    assert "select count(*) as n" in (tmp_path / "sql_history").read_text()
