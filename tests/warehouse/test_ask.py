import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from distill.errors import UserError
from tests.warehouse.toy_answers import shown
from tests.warehouse.toy_warehouse import Toy, uid
from warehouse.answer import answer, existing
from warehouse.lock import turn
from warehouse.terminal import printable

ENDLESS = "select count(*) from range(1000000) a, range(1000000) b where hash(a.range, b.range) = 1"


@pytest.fixture
def path(tmp_path):
    toy = Toy(tmp_path)
    toy.insert("problems", [{"problem_id": uid("a"), "text": "\x1b[2J"}])
    return toy.path


def test_parameters_are_bound(path):
    assert shown(path, "select $n + 1 as x, $t as t", "csv", n=1, t="'; --") == "x,t\n2,'; --\n"


def test_only_the_last_statement_is_shown_and_nothing_is_nothing(path):
    assert shown(path, "select 1; select 2 as b", "csv") == "b\n2\n"
    assert shown(path, " -- nothing") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("selec 1", 'sql: syntax error at or near "selec"'),
        ("select * from tracez", r"no relation 'tracez' \(did you mean 'traces'\?\)"),
        ("select * from problem_source", "did you mean 'problem_sources'"),
        ("select verdikt from traces", 'Candidate bindings: "verdict"'),
        ("select lenght(text) from problems", 'Did you mean "length"'),
        ("delete from problems", "read-only mode! `--write` allows"),
        ("create table x (i integer)", "read-only mode"),
        ("select $x", "Values were not provided for the following parameters: x"),
        ("select cast(text as integer) from problems", "Could not convert string '␛"),
    ],
)
def test_what_is_wrong_with_a_statement_is_said_without_a_traceback(path, text, message):
    with pytest.raises(UserError, match=message) as refused:
        shown(path, text)
    assert printable(str(refused.value), keep="\n") == str(refused.value)


def test_writing_must_be_asked_for(path):
    assert shown(path, "delete from problems", "csv", write=True) == "Count\n1\n"
    assert shown(path, "select count(*) as n from problems", "csv") == "n\n0\n"


def test_a_missing_warehouse_is_not_made(tmp_path):
    with pytest.raises(UserError, match="not there yet"):
        existing(tmp_path / "warehouse.duckdb")
    assert list(tmp_path.iterdir()) == []


def interrupt_soon(seconds=0.5):
    main = threading.main_thread().ident
    threading.Timer(seconds, signal.pthread_kill, (main, signal.SIGINT)).start()


@pytest.mark.parametrize("write", [False, True])
def test_a_statement_that_runs_long_is_stopped_and_lets_go(path, write):
    interrupt_soon()
    with pytest.raises(KeyboardInterrupt):
        shown(path, "delete from problems; " * write + ENDLESS, write=write)
    assert shown(path, "select count(*) as n from problems", "csv") == "n\n1\n"


def test_waiting_for_ones_turn_is_stopped_and_lets_go(path):
    with turn(path, "holder", write=True):
        interrupt_soon()
        with pytest.raises(KeyboardInterrupt):
            shown(path, "select 1")
    with turn(path, "next", write=True):
        pass


def test_a_statement_that_runs_long_says_how_far_it_is(path, monkeypatch, capsys):
    monkeypatch.setattr("warehouse.ask.PATIENCE_SEC", 0.01)
    monkeypatch.setattr("warehouse.ask.LINE_INTERVAL_SEC", 0.1)
    interrupt_soon(1.0)
    with pytest.raises(KeyboardInterrupt):
        shown(path, "select sin(range) as s from range(100000000) order by s")
    assert "running 0 s" in capsys.readouterr().err


def test_an_output_is_whole_or_not_there(path, tmp_path):
    out = tmp_path / "out.csv"
    with pytest.raises(UserError, match="Could not convert"):
        answer(existing(path), "select 'x'::integer", format_="csv", output=out)
    interrupt_soon()
    with pytest.raises(KeyboardInterrupt):
        answer(existing(path), ENDLESS, format_="csv", output=out)
    assert not list(tmp_path.glob("*out*"))
    answer(existing(path), "select 1 as a", format_="csv", output=out)
    assert out.read_text() == "a\n1\n"
    with pytest.raises(UserError, match="No such file or directory"):
        answer(existing(path), "select 1", output=tmp_path / "nowhere" / "out.txt")


def test_whoever_reads_slowly_keeps_nobody_out(path):
    command = [sys.executable, "-m", "distill.cli", "sql", "--home", str(path.parent)]
    with subprocess.Popen(
        [*command, "--format", "csv", "select range, repeat('x', 1000) as x from range(5000)"],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as reader:
        assert reader.stdout.readline() == b"range,x\n"
        with turn(path, "writer", write=True):  # 5 MB are still to be read
            pass
        assert sum(1 for _ in reader.stdout) == 5000
