import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.toy_answers import shown
from tests.warehouse.toy_warehouse import Toy, uid
from warehouse.terminal import acts, printable

HOSTILE = "\x1b[2J\x1b]0;title\x07\x9b31m\u202egnp.exe\r\n[bold]x[/bold]\x00"


@pytest.fixture
def path(tmp_path):
    toy = Toy(tmp_path)
    toy.insert("problems", [{"problem_id": uid("a"), "text": HOSTILE}])
    return toy.path


def test_a_table_is_a_grid_with_its_number_of_rows(path):
    assert shown(path, "select 1 as a, 'x' as name union all select 20, '日本' order by a") == (
        " a │ name\n───┼─────\n 1 │ x\n20 │ 日本\n(2 rows)\n"
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
        assert not [c for c in text if c != "\n" and acts(c)]
    grid = shown(path, "select text from problems, range(4)", width=200)
    assert "␛[2J␛]0;title␇<U+009B>31m<U+202E>gnp.exe␍↵[bold]x[/bold]␀" in grid


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_printable_leaves_nothing_that_acts(text):
    safe = printable(text)
    left = {unicodedata.category(c) for c in safe}
    assert not left & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert printable(safe) == safe


def test_a_forged_row_stays_inside_its_value(path):
    forged = "select 'a' || chr(10) || '(99 rows)' || chr(10) || '── row 2 ──' as x"
    assert shown(path, forged, width=15) == (
        "── row 1 ──────\nx │ a\n  │ (99 rows)\n  │ ── row 2 ──\n(1 row)\n"
    )


def test_a_grid_shortens_ids_first_and_then_the_widest_texts(path):
    text = (
        f"select '{uid('a')}'::uuid as id, repeat('x', 50) as x, repeat('y', 30) as y from range(4)"
    )
    assert shown(path, text, width=95).splitlines()[2].split(" │ ") == [
        *(f"{str(uid('a'))[:8]}…", "x" * 50, "y" * 30)
    ]
    assert shown(path, text, width=70).splitlines()[2].split(" │ ") == [
        *(f"{str(uid('a'))[:8]}…", f"{'x' * 26}…", f"{'y' * 27}…")
    ]
    assert "── row 4" in shown(path, text, width=50)


def test_long_cells_are_cut_in_a_grid_and_shown_where_rows_are_few(path):
    long = "select repeat('x', 70) as x, i from range({}) as r(i)"
    grid = shown(path, long.format(4))
    assert f"{'x' * 59}… │ 0" in grid
    assert "x" * 70 in shown(path, long.format(2))
    assert "… (5000 characters)" in shown(path, "select repeat('x', 5000) as x")


def test_long_lines_of_a_list_go_on_behind_the_bar(path):
    words = "select repeat('abc ', 8) || chr(10) || repeat('é', 30) as x"
    assert shown(path, words, width=20).splitlines()[1:-1] == [
        "x │ abc abc abc abc",
        "  │ abc abc abc abc",
        f"  │ {'é' * 16}",
        f"  │ {'é' * 14}",
    ]


def test_a_table_shows_no_more_than_a_person_reads(path):
    text = shown(path, "from range(1001)")
    assert len(text.splitlines()) == 2 + 1000 + 1
    assert text.endswith("(the first 1000 rows; there are more: other formats have all)\n")
    assert shown(path, "from range(1000)").endswith("\n(1000 rows)\n")


def test_an_empty_answer_still_says_what_it_would_have_shown(path):
    assert shown(path, "select 1 as a where false") == "a\n─\n(0 rows)\n"
    assert shown(path, "select 1 as first, 2 as second where false", width=10) == (
        "columns: first, second\n(0 rows)\n"
    )


def test_columns_may_share_a_name(path):
    assert shown(path, "select 1 as a, 2 as a").splitlines()[2].split(" │ ") == ["1", "2"]
