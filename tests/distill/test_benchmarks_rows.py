import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distill.benchmarks.rows import find_file, read_rows, text_field
from distill.errors import UserError

ROWS = [{"a": "1"}, {"a": "ü"}]
LINES = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS).encode()


def rows_of(path, content):
    path.write_bytes(content)
    return list(read_rows(path))


def test_json_lines_json_and_parquet_give_the_same_rows(tmp_path):
    numbered = [(1, ROWS[0]), (2, ROWS[1])]
    assert rows_of(tmp_path / "a.jsonl", LINES) == numbered
    assert rows_of(tmp_path / "a.jsonl.gz", gzip.compress(LINES, mtime=0)) == numbered
    assert rows_of(tmp_path / "a.json", json.dumps(ROWS).encode()) == numbered
    assert rows_of(tmp_path / "b.json", json.dumps({"results": ROWS, "n": 2}).encode()) == numbered
    assert rows_of(tmp_path / "c.json", LINES) == numbered
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "a.parquet")
    assert list(read_rows(tmp_path / "a.parquet")) == numbered
    packed = gzip.compress((tmp_path / "a.parquet").read_bytes())
    assert rows_of(tmp_path / "a.parquet.gz", packed) == numbered


def test_blank_lines_count_but_are_no_rows(tmp_path):
    assert rows_of(tmp_path / "a.jsonl", b'\xef\xbb\xbf{"a": 1}\n\n{"a": 2}') == [
        (1, {"a": 1}),
        (3, {"a": 2}),
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b'{"a": 1}\n{"a": \n', "a.jsonl, line 2: broken"),
        ("a.jsonl", b'{"a": 1}\n{"a": "\xff"}\n', "a.jsonl, line 2: broken"),
        ("a.jsonl", b'{"a": 1}\n[1]\n', "a.jsonl, line 2: a list, not an object"),
        ("a.json", b'[{"a": 1}, ', "a.json: broken"),
        ("a.json", b'[{"a": 1}, 3]', "a.json, row 2: a int, not an object"),
        ("a.json", b'{"a": 1}', "neither a list of objects"),
        ("a.jsonl.gz", b"not packed", "cannot be read: Not a gzipped file"),
        ("a.jsonl.gz", gzip.compress(LINES * 100, mtime=0)[:-20], "cannot be read"),
        ("a.parquet", b"not parquet", "not Parquet, or broken"),
        ("a.csv", b"a\n1\n", r"not one of .jsonl, .json, .parquet"),
    ],
)
def test_broken_files_are_refused_where_they_break(tmp_path, name, content, message):
    with pytest.raises(UserError, match=message):
        rows_of(tmp_path / name, content)


def test_rows_before_a_broken_one_are_read(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(LINES + b"{")
    rows = read_rows(tmp_path / "a.jsonl")
    assert [next(rows), next(rows)] == [(1, ROWS[0]), (2, ROWS[1])]


def test_files_are_found_as_given_and_under_data(tmp_path):
    (tmp_path / "x.jsonl.gz").touch()
    assert find_file("x.jsonl", tmp_path) == tmp_path / "x.jsonl.gz"
    assert find_file(str(tmp_path / "x.jsonl.gz"), None) == tmp_path / "x.jsonl.gz"
    assert find_file("y.jsonl", tmp_path) is None


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"questoin": "x", "id": 1}, "row 3: no field 'question'; it has id, questoin"),
        ({}, "row 3: no field 'question'; it has none"),
        ({"question": None}, "row 3: field 'question' is NoneType, not text"),
        ({"question": True}, "row 3: field 'question' is bool, not text"),
        ({"question": " \n"}, "row 3: field 'question' is blank"),
    ],
)
def test_rows_without_the_field_are_refused(row, message):
    with pytest.raises(UserError, match=message):
        text_field(row, "question", "row 3")


def test_numbers_are_texts():
    assert text_field({"answer": 204}, "answer", "row 1") == "204"
