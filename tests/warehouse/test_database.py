import os
import subprocess
import sys
import threading
from pathlib import Path
from uuid import UUID, uuid4

import duckdb
import pyarrow as pa
import pytest

from distill.errors import UserError
from distill.ids import content_id
from warehouse import connection
from warehouse.connection import check_space
from warehouse.database import Warehouse

RUN = {"stage": "s", "recipe": {}, "code_version": "1", "host": "h", "status": "running"}


def problems(*names):
    return [{"problem_id": content_id(name), "text": name} for name in names]


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(tmp_path / "warehouse.duckdb", "test")


def texts(warehouse):
    return [row["text"] for row in warehouse.query("select text from problems order by text")]


def start(code, *arguments):
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)])


def test_nobody_keeps_the_file_open(warehouse):
    warehouse.insert("problems", problems("a"))
    open_files = [str(entry.resolve()) for entry in Path("/proc/self/fd").iterdir()]
    assert [name for name in open_files if name.startswith(str(warehouse.path))] == []
    assert sorted(p.name for p in warehouse.path.parent.iterdir()) == [
        "warehouse.duckdb",
        "warehouse.duckdb.lock",
    ]


def test_values_come_back_as_they_were(warehouse):
    messages = [{"role": "user", "content": "é🙂\x00"}]
    prompt = {"prompt_id": uuid4(), "messages": messages, "problem_id": uuid4(), "wording": "w"}
    warehouse.insert("prompts", [prompt])
    assert warehouse.query("from prompts") == [prompt]
    warehouse.insert("runs", [RUN | {"run_id": uuid4(), "started": "2026-01-02T03:04:05+01:00"}])
    (run,) = warehouse.query("from runs")
    assert run["started"].isoformat() == "2026-01-02T02:04:05+00:00"
    assert (run["recipe"], run["finished"]) == ({}, None)


def test_json_is_kept_in_its_canonical_form(warehouse):
    sampling = {"b": 1.0, "a": None, "id": UUID(int=1)}
    warehouse.insert("samplings", [{"sampling_id": content_id(sampling), "fields": sampling}])
    (row,) = warehouse.query("select cast(fields as varchar) as text from samplings")
    assert row["text"] == '{"a":null,"b":1.0,"id":"00000000-0000-0000-0000-000000000001"}'


def test_parameters_are_bound(warehouse):
    warehouse.insert("problems", problems("a", "b", "'; drop table problems; --"))
    by_text = "select text from problems where text = $text"
    assert warehouse.query(by_text, text="'; drop table problems; --") == [
        {"text": "'; drop table problems; --"}
    ]
    assert warehouse.query(by_text, text="\ud800") == []
    by_ids = "select text from problems where problem_id in (select unnest($ids)) order by text"
    ids = [content_id("a"), content_id("b"), content_id("c")]
    assert warehouse.query(by_ids, ids=ids) == [{"text": "a"}, {"text": "b"}]
    assert warehouse.query(by_ids, ids=[]) == []
    wanted = pa.table({"text": ["b", "c"]})
    by_table = "select text from problems semi join wanted using (text)"
    assert warehouse.query(by_table, wanted=wanted) == [{"text": "b"}]


def test_statements_have_names(warehouse, tmp_path):
    file = tmp_path / "mine.sql"
    file.write_text("select 1 as one")
    assert warehouse.query(file) == [{"one": 1}]
    assert warehouse.query("traces") == []
    assert warehouse.query("applied_migrations")[0]["name"] == "0001_core"
    with pytest.raises(ValueError, match="no statement 'tracez'"):
        warehouse.query("tracez")


def test_a_block_is_one_transaction(warehouse):
    with pytest.raises(ZeroDivisionError), warehouse.write():
        warehouse.insert("problems", problems("a"))
        assert texts(warehouse) == ["a"]
        raise ZeroDivisionError
    assert texts(warehouse) == []
    with warehouse.write():
        warehouse.insert("problems", problems("a"))
        warehouse.insert("problems", problems("b"))
    assert texts(warehouse) == ["a", "b"]


def test_reading_cannot_write(warehouse):
    with pytest.raises(duckdb.InvalidInputException, match="read-only"):
        warehouse.query("delete from problems")
    with pytest.raises(RuntimeError, match="would wait for itself"), warehouse.read():
        warehouse.insert("problems", problems("a"))


def test_a_result_left_open_holds_nothing_up(warehouse):
    with warehouse.read() as open_connection:
        open_connection.execute("from range(1000000)")
    warehouse.insert("problems", problems("a"))
    assert texts(warehouse) == ["a"]


def test_threads_and_several_objects_may_use_one_file(warehouse):
    def work(number):
        own = Warehouse(warehouse.path, f"thread {number}")
        for i in range(5):
            own.insert("problems", problems(f"{number} {i}", f"shared {i}"))
            assert f"{number} {i}" in texts(own)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(texts(warehouse)) == 4 * 5 + 5


def test_a_forked_process_may_use_it(warehouse):
    assert texts(warehouse) == []
    if (pid := os.fork()) == 0:
        try:
            warehouse.insert("problems", problems("child"))
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    assert texts(warehouse) == ["child"]


WRITE = """
import sys
from pathlib import Path
from warehouse.database import Warehouse
from distill.ids import content_id
warehouse = Warehouse(Path(sys.argv[1]), "writer")
for batch in range(8):
    warehouse.insert("problems", [
        {"problem_id": content_id([sys.argv[2], batch, i]), "text": "x"} for i in range(100)
    ])
"""


def test_processes_write_and_read_and_nobody_sees_half_a_batch(warehouse):
    writers = [start(WRITE, warehouse.path, name) for name in ("a", "b")]
    seen = []
    while any(writer.poll() is None for writer in writers):
        seen.append(warehouse.query("select count(*) as n from problems")[0]["n"])
    assert [writer.wait() for writer in writers] == [0, 0]
    assert {n % 100 for n in seen} == {0}
    assert seen == sorted(seen)
    assert warehouse.query("select count(*) as n from problems") == [{"n": 1600}]


KILLED = """
import os, sys
from pathlib import Path
from uuid import uuid4
from warehouse.database import Warehouse
warehouse = Warehouse(Path(sys.argv[1]), "writer")
rows = [{"problem_id": uuid4(), "text": "x" * 1000} for _ in range(3000)]
warehouse.insert("problems", rows[:1000])
with warehouse.write() as connection:
    warehouse.insert("problems", rows[1000:2000])
    if sys.argv[2] == "after commit":
        connection.execute("commit")
        connection.execute("begin")
        warehouse.insert("problems", rows[2000:])
    os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize(("moment", "num_rows"), [("before commit", 1000), ("after commit", 2000)])
def test_kill_9_loses_nothing_that_was_committed(warehouse, moment, num_rows):
    assert start(KILLED, warehouse.path, moment).wait() == -9
    assert warehouse.query("select count(*) as n from problems") == [{"n": num_rows}]
    assert warehouse.insert("problems", problems("more")) == 1
    assert warehouse.query("select count(*) as n from problems") == [{"n": num_rows + 1}]


FULL = """
import os, resource, sys
from pathlib import Path
from uuid import uuid4
from distill.errors import UserError
from warehouse.database import Warehouse
warehouse = Warehouse(Path(sys.argv[1]), "writer")
warehouse.insert("problems", [{"problem_id": uuid4(), "text": "x"}])
most = warehouse.path.stat().st_size + 500_000
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
for num_rows in (400, 5000):
    rows = [{"problem_id": uuid4(), "text": os.urandom(5000).hex()} for _ in range(num_rows)]
    try:
        warehouse.insert("problems", rows)
        sys.exit(1)
    except UserError as error:
        assert "Nothing of this step was written; make room" in str(error), error
"""


def test_a_disk_that_fills_up_leaves_the_data_as_it_was(warehouse):
    warehouse.insert("problems", problems("a"))
    assert start(FULL, warehouse.path).wait() == 0
    assert warehouse.query("select count(*) as n from problems") == [{"n": 2}]
    assert warehouse.insert("problems", problems("b")) == 1


def test_a_file_that_is_no_warehouse_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "warehouse.duckdb"
    path.write_text("hello" * 1000)
    with pytest.raises(UserError, match="not a DuckDB file, or damaged"):
        Warehouse(path, "test")
    assert path.read_text() == "hello" * 1000
    path.unlink()
    with duckdb.connect(str(path)) as other:
        other.execute("create table mine (i integer)")
    with pytest.raises(UserError, match="a DuckDB file, but no warehouse; it holds mine"):
        Warehouse(path, "test")


OTHER = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


def test_a_file_that_another_program_has_open_is_named(warehouse):
    other = subprocess.Popen(
        [sys.executable, "-c", OTHER, warehouse.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout.readline() == b"open\n"
    with pytest.raises(UserError, match=rf"another program has it open.*PID {other.pid}"):
        warehouse.query("traces")
    other.communicate()
    assert warehouse.query("traces") == []


def test_a_log_without_its_file_is_not_taken_for_data(warehouse):
    assert start(KILLED, warehouse.path, "after commit").wait() == -9
    warehouse.path.unlink()
    assert texts(Warehouse(warehouse.path, "test")) == []


def test_a_nearly_full_disk_is_refused_before_work_begins(tmp_path, monkeypatch):
    check_space(tmp_path / "warehouse.duckdb")
    monkeypatch.setattr(connection, "MIN_FREE_BYTES", 10**18)
    with pytest.raises(UserError, match=r"MB free on its disk, 1000000000000 MB are needed"):
        check_space(tmp_path / "warehouse.duckdb")
