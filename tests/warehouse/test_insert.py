from uuid import UUID

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distill.ids import content_id
from tests.warehouse.toy_warehouse import TIME, uid
from warehouse.database import Warehouse
from warehouse.derived import derived
from warehouse.insert import as_table
from warehouse.keys import KEYS, NEWEST_COUNTS, REPLACED


@pytest.fixture
def warehouse(tmp_path):
    warehouse = Warehouse(tmp_path / "warehouse.duckdb", "test")
    with warehouse.write():
        yield warehouse


def problem(name, text=None):
    return {"problem_id": uid(name), "text": text or name}


def test_every_relation_has_a_key_of_its_own_columns(warehouse):
    rows = warehouse.query(
        "select table_name as relation, list(column_name) as columns from duckdb_columns() "
        "semi join duckdb_tables() using (database_name, table_name) "
        "where database_name = 'warehouse' group by table_name"
    )
    columns = {row["relation"]: set(row["columns"]) for row in rows}
    made = {"migrations", "marts", *(mart.name for mart in derived())}
    assert columns.keys() - KEYS.keys() == made
    assert {
        relation for relation, keys in KEYS.items() if not columns[relation] >= set(keys)
    } == set()
    assert NEWEST_COUNTS.keys() | REPLACED <= KEYS.keys()


def test_keys_are_those_that_the_comments_name(warehouse):
    rows = warehouse.query(
        "select table_name as relation, regexp_extract(comment, '\\[([a-z_, ]+)', 1) as keys "
        "from duckdb_tables() where database_name = 'warehouse'"
    )
    named = {row["relation"]: tuple(row["keys"].replace(" ", "").split(",")) for row in rows}
    stated = {
        relation: tuple(k for k in keys if k != NEWEST_COUNTS.get(relation))
        for relation, keys in KEYS.items()
    }
    assert {relation: keys for relation, keys in named.items() if relation in KEYS} == stated


def test_only_new_rows_are_added_each_once(warehouse):
    rows = [problem("a"), problem("b"), problem("a", "another text")]
    assert warehouse.insert("problems", rows) == 2
    assert warehouse.insert("problems", [*rows, problem("c")]) == 1
    assert warehouse.insert("problems", []) == 0
    texts = [row["text"] for row in warehouse.query("select text from problems order by text")]
    assert texts == ["a", "b", "c"]


def test_nulls_in_a_key_are_a_value(warehouse):
    role = {"run_id": uid("r"), "evaluation_id": uid("e"), "role": "teacher"}
    assert warehouse.insert("evaluation_roles", [role, role | {"student": "small"}]) == 2
    assert warehouse.insert("evaluation_roles", [role | {"student": None}]) == 0


def test_arrow_tables_go_in_as_rows_do(warehouse):
    rows = [problem("a"), problem("b")]
    table = pa.table({name: [str(row[name]) for row in rows] for name in rows[0]})
    assert warehouse.insert("problems", table) == 2
    assert warehouse.insert("problems", rows) == 0


def test_an_unknown_column_is_refused_and_nothing_added(warehouse):
    with pytest.raises(
        ValueError, match=r"columns \['test'\] are not among \['problem_id', 'text'\]"
    ):
        warehouse.insert("problems", [problem("a"), problem("b") | {"test": 1}])
    assert warehouse.query("from problems") == []


def test_an_unknown_relation_is_refused(warehouse):
    with pytest.raises(KeyError):
        warehouse.insert("problems; drop table problems", [{}])


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_any_text_goes_in(text):
    column = as_table([{"text": text}, {"text": "é"}], {"text": "VARCHAR"})["text"].to_pylist()
    clean = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    assert column == [clean, "é"]


def test_any_character_comes_back(warehouse):
    text = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))
    warehouse.insert("problems", [{"problem_id": UUID(int=1), "text": text}])
    assert warehouse.query("from problems")[0]["text"] == text
    surrogates = "a\ud800b\udfff"
    warehouse.insert(
        "samplings", [{"sampling_id": UUID(int=1), "fields": {surrogates: surrogates}}]
    )
    assert warehouse.query("from samplings")[0]["fields"] == {"a\ufffdb\ufffd": "a\ufffdb\ufffd"}


def score(value, day):
    row = {"evaluation_id": uid("e"), "verifiers": "math 1", "method": "m", "num_problems": 2}
    row |= {"pass_at_1": value, "num_undecided": 0, "num_truncated": 0}
    return row | {"recorded": TIME.format(day)}


def test_scores_are_added_where_they_differ_from_the_newest(warehouse):
    added = [
        warehouse.insert("evaluation_scores", [score(*s)])
        for s in [(0.5, 1), (0.5, 2), (0.75, 3), (0.5, 4)]
    ]
    assert added == [1, 0, 1, 1]
    assert warehouse.insert("evaluation_scores", [score(None, 5)]) == 1
    assert warehouse.insert("evaluation_scores", [score(None, 6)]) == 0


def test_what_a_run_declares_is_replaced(warehouse):
    row = {
        "run_id": uid("r"),
        "position": 0,
        "filter": "f",
        "version": "1",
        "config_hash": uid("c"),
    }
    other = row | {"position": 1, "filter": "g"}
    assert warehouse.insert("run_filters", [row, other]) == 2
    assert warehouse.insert("run_filters", [row, other]) == 0
    assert warehouse.insert("run_filters", [row | {"version": "2"}, other]) == 1
    rows = warehouse.query("select filter, version from run_filters order by position")
    assert [tuple(r.values()) for r in rows] == [("f", "2"), ("g", "1")]


def gold(answer, origin="gsm8k", verifier="math"):
    row = {"problem_id": uid("p"), "verifier": verifier, "gold": {"answer": answer}}
    return row | {"origin": origin}


def golds(warehouse):
    rows = warehouse.query("select gold_version, gold->>'answer' from golds order by all")
    return [tuple(row.values()) for row in rows]


def test_golds_get_the_next_version_where_they_say_something_new(warehouse):
    assert warehouse.insert_golds([gold("4"), gold("5"), gold("4", verifier="other")]) == 2
    assert warehouse.insert_golds([gold("4")]) == 0
    assert warehouse.insert_golds([gold("4", "by hand")]) == 0
    assert warehouse.insert_golds([gold("6")]) == 1
    assert golds(warehouse) == [(1, "4"), (1, "4"), (2, "6")]
    assert warehouse.insert_golds([]) == 0


def test_a_source_that_is_read_again_undoes_no_correction(warehouse):
    warehouse.insert_golds([gold("4")])
    assert warehouse.insert_golds([gold("5", "by hand")]) == 1
    assert warehouse.insert_golds([gold("4")]) == 0
    assert warehouse.insert_golds([gold("7")]) == 1
    assert golds(warehouse) == [(1, "4"), (2, "5"), (3, "7")]


def test_ids_of_prompts_survive_the_way_through_the_file(warehouse):
    messages = [{"role": "user", "content": "é \u2028 \x7f </think>"}]
    row = {"messages": messages, "problem_id": uid("p"), "wording": "w"}
    warehouse.insert("prompts", [row | {"prompt_id": content_id(messages)}])
    (back,) = warehouse.query("from prompts")
    assert content_id(back["messages"]) == back["prompt_id"]
