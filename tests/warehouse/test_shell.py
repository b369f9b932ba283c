import csv
import io
import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distill.errors import UserError
from tests.warehouse.toy_warehouse import Toy, uid
from warehouse.shell import printable, render, run_query

HOSTILE = "\x1b[2J\x1b]0;title\x07\x9b31m\u202egnp.exe\r\n[bold]x[/bold]\x00"


@pytest.fixture
def path(tmp_path):
    toy = Toy(tmp_path)
    toy.insert("problems", [{"problem_id": uid("a"), "text": HOSTILE}])
    return toy.path


def shown(path, text, format_="table", width=100, **params):
    return render(run_query(path, text, params), format_, width)


def test_a_table_is_a_grid_with_its_number_of_rows(path):
    assert shown(path, "select 1 as a, 'x' as name union all select 20, '日本' order by a") == (
        " a │ name\n───┼─────\n 1 │ x   \n20 │ 日本\n(2 rows)\n"
    )


def test_values_are_shown_as_people_write_them(path):
    text = "select null as n, true as b, 1/3 as f, 12345678.9::double as g, [1, 2] as l, "
    text += "{'a': 'é'} as s, timestamptz '2026-01-02 03:04:05+00' as t, sum(3) as u"
    line = shown(path, text, width=200).splitlines()[2]
    assert [cell.strip() for cell in line.split("│")] == [
        *("null", "true", "0.333333", "12345679", "[1, 2]"),
        *('{"a": "é"}', "2026-01-02 03:04:05+00:00", "3"),
    ]


def test_no_character_of_a_model_acts_on_the_terminal(path):
    for width in (200, 10):
        text = shown(path, "select text, text as " + '"\x1b[31m"' + " from problems", width=width)
        acting = {c for c in text if c != "\n" and unicodedata.category(c)[0] == "C"}
        assert acting == set()
    grid = shown(path, "select text from problems, range(4)", width=200)
    assert "␛[2J␛]0;title␇<U+009B>31m<U+202E>gnp.exe␍↵[bold]x[/bold]␀" in grid


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_printable_leaves_nothing_that_acts(text):
    safe = printable(text)
    assert {unicodedata.category(c) for c in safe} & {
        "Cc",
        "Cf",
        "Cs",
        "Co",
        "Cn",
        "Zl",
        "Zp",
    } == set()
    assert printable(safe) == safe


def test_a_forged_row_stays_inside_its_value(path):
    text = shown(
        path, "select 'a' || chr(10) || '(99 rows)' || chr(10) || '── row 2 ──' as x", width=5
    )
    assert text == (
        "── row 1 ────────────────────────────────────────\n"
        "x │ a\n"
        "  │ (99 rows)\n"
        "  │ ── row 2 ──\n"
        "(1 row)\n"
    )


def test_long_cells_are_cut_in_a_grid_and_shown_where_rows_are_few(path):
    long = "select repeat('x', 70) as x, i from range({}) as r(i)"
    grid = shown(path, long.format(4))
    assert f"{'x' * 59}… │ 0" in grid
    assert "x" * 70 in shown(path, long.format(2))
    assert "… (5000 characters)" in shown(path, "select repeat('x', 5000) as x")


def test_a_table_shows_no_more_than_a_person_reads(path):
    text = shown(path, "from range(1001)")
    assert len(text.splitlines()) == 2 + 1000 + 1
    assert text.endswith("(1001 rows, the first 1000 shown)\n")
    assert shown(path, "from range(0)").endswith("(0 rows)\n")


def test_csv_holds_the_values_as_they_are(path):
    text = shown(path, "select text, 1.5 as x, null as n, [1] as l from problems", "csv")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows == [["text", "x", "n", "l"], [HOSTILE, "1.5", "", "[1]"]]


def test_json_is_an_object_a_line_and_acts_on_no_terminal(path):
    text = "select text, 'nan'::double as f, 10::hugeint as h, 1.5 as d, problem_id as id, "
    text += """json('{"a": [1]}') as j, '[1]' as t from problems, range(2)"""
    first, second = shown(path, text, "json").splitlines()
    assert first == second
    assert first.isascii()
    row = {"text": HOSTILE, "f": None, "h": 10, "d": 1.5, "id": str(uid("a"))}
    assert json.loads(first) == row | {"j": {"a": [1]}, "t": "[1]"}
    assert "é" in shown(path, "select 'é' as x", "json")


def test_columns_may_share_a_name(path):
    assert shown(path, "select 1 as a, 2 as a", "csv").splitlines()[1] == "1,2"
    assert shown(path, "select 1 as a, 2 as a").splitlines()[2].split(" │ ") == ["1", "2"]


def test_parameters_are_bound(path):
    assert shown(path, "select $n + 1 as x, $t as t", "csv", n=1, t="'; --") == "x,t\n2,'; --\n"


def test_only_the_last_statement_is_shown_and_nothing_is_nothing(path):
    assert shown(path, "select 1; select 2 as b", "csv") == "b\n2\n"
    assert shown(path, " -- nothing") == "(nothing to show)\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("selec 1", 'sql: Parser Error: syntax error at or near "selec"'),
        ("select * from tracez", "sql: Catalog Error: Table with name tracez does not exist!"),
        ("delete from problems", "sql: Invalid Input Error.*read-only mode"),
        ("create table x (i integer)", "read-only mode"),
        ("select $x", "sql: Invalid Input Error: Values were not provided"),
        ("select cast(text as integer) from problems", "Could not convert string '␛"),
    ],
)
def test_what_is_wrong_with_a_statement_is_said_without_a_traceback(path, text, message):
    with pytest.raises(UserError, match=message) as refused:
        run_query(path, text)
    assert printable(str(refused.value), keep="\n") == str(refused.value)


def test_writing_must_be_asked_for(path):
    assert run_query(path, "delete from problems", write=True).to_pylist() == [{"Count": 1}]
    assert run_query(path, "select count(*) as n from problems").to_pylist() == [{"n": 0}]


def test_a_missing_warehouse_is_not_made(tmp_path):
    with pytest.raises(UserError, match="not there yet"):
        run_query(tmp_path / "warehouse.duckdb", "select 1")
    assert list(tmp_path.iterdir()) == []
