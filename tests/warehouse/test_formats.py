import csv
import io
import json

import pyarrow.parquet as pq
import pytest

from tests.warehouse.test_render import HOSTILE
from tests.warehouse.toy_answers import shown
from tests.warehouse.toy_warehouse import Toy, uid


@pytest.fixture
def path(tmp_path):
    toy = Toy(tmp_path)
    toy.insert("problems", [{"problem_id": uid("a"), "text": HOSTILE}])
    return toy.path


def test_csv_holds_the_values_as_they_are(path):
    text = shown(path, "select text, 1.5 as x, null as n, [1] as l from problems", "csv")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows == [["text", "x", "n", "l"], [HOSTILE, "1.5", "", "[1]"]]
    assert shown(path, "select 1 as a, 2 as a", "csv").splitlines()[1] == "1,2"


def test_json_is_an_object_a_line_and_acts_on_no_terminal(path):
    text = "select text, 'nan'::double as f, 10::hugeint as h, 1.5 as d, problem_id as id, "
    text += """json('{"a": [1]}') as j, '[1]' as t from problems, range(2)"""
    first, second = shown(path, text, "json").splitlines()
    assert first == second
    assert first.isascii()
    row = {"text": HOSTILE, "f": None, "h": 10, "d": 1.5, "id": str(uid("a"))}
    assert json.loads(first) == row | {"j": {"a": [1]}, "t": "[1]"}
    assert "é" in shown(path, "select 'é' as x", "json")


def test_parquet_holds_all_rows_with_their_types(path):
    written = shown(path, "select range as i, 'x' as t from range(5000)", "parquet")
    table = pq.read_table(io.BytesIO(written))
    assert table.num_rows == 5000
    assert [str(type_) for type_ in table.schema.types] == ["int64", "string"]
    assert table["i"].to_pylist() == list(range(5000))
