import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from distill.errors import UserError
from warehouse import lock
from warehouse.lock import holders, turn

HOLD = """
import sys, time
from pathlib import Path
from warehouse.lock import turn
with turn(Path(sys.argv[1]), "generate", write=True):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "warehouse.duckdb"


@pytest.fixture
def holder(path):
    """Another process that holds the warehouse for writing."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def run_thread(function):
    thread = threading.Thread(target=function, daemon=True)
    thread.start()
    return thread


def test_readers_share(path):
    with turn(path, "a", write=False):
        both = threading.Event()

        def read():
            with turn(path, "b", write=False):
                both.set()

        run_thread(read).join(5)
        assert both.is_set()


def test_a_writer_is_alone_and_goes_before_readers_that_come_later(path):
    order, events = [], []

    def hold(name, write):
        def body():
            with turn(path, name, write=write):
                order.append(name)
                events.append((name, "in"))
                time.sleep(0.05)
                events.append((name, "out"))

        return run_thread(body)

    with turn(path, "first", write=False):
        threads = [hold("writer", True)]
        time.sleep(0.1)
        threads += [hold(f"reader {i}", False) for i in range(3)]
        time.sleep(0.1)
        assert order == []
    for thread in threads:
        thread.join(5)
    assert order[0] == "writer"
    assert events[:2] == [("writer", "in"), ("writer", "out")]
    assert sorted(order[1:]) == ["reader 0", "reader 1", "reader 2"]


def test_a_writer_that_comes_again_and_again_keeps_no_reader_out(path):
    ended = threading.Event()

    def write():
        while not ended.is_set():
            with turn(path, "writer", write=True):
                time.sleep(0.01)

    writer = run_thread(write)
    begun = time.monotonic()
    for _ in range(5):
        with turn(path, "reader", write=False):
            pass
    waited = time.monotonic() - begun
    ended.set()
    writer.join(5)
    assert waited < 2


def test_those_who_wait_are_told_for_whom(path, holder, monkeypatch, capsys):
    monkeypatch.setattr(lock, "PATIENCE_SEC", 0.05)
    monkeypatch.setattr(lock, "REMINDER_SEC", 0.1)
    threading.Timer(0.4, holder.kill).start()
    with turn(path, "sql", write=False):
        told = capsys.readouterr().err.splitlines()
    assert len(told) >= 2
    assert told[0] == (f"waiting for the warehouse since 0 s: pid {holder.pid} (generate, writing)")


def test_who_gets_in_at_once_is_told_nothing(path, capsys):
    with turn(path, "sql", write=False):
        pass
    assert capsys.readouterr().err == ""


def test_kill_9_gives_the_warehouse_back(path, holder):
    folder = path.with_name("warehouse.duckdb.lock")
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with turn(path, "sql", write=False):
        assert holders(folder) == f"pid {os.getpid()} (sql, reading)"
    with turn(path, "verify", write=True):
        names = [file.name for file in folder.glob("holder-*")]
    assert names == [f"holder-{os.getpid()}-{threading.get_ident()}"]
    assert list(folder.glob("holder-*")) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot make .*/file/w\.lock: Not a directory"):
        turn(tmp_path / "file" / "w", "sql", write=False).__enter__()
