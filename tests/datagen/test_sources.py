import json

import pytest

from datagen.sources import is_there, read_source
from datagen.sources.seeds import check_seeds
from distill.errors import UserError
from tests.datagen.toy_datagen import ROWS, file_source, gym_source, recipe_of, write_lines


def read(source, data=None):
    (parsed,) = recipe_of(source).prompts
    return list(read_source(parsed, data))


def test_files_are_mapped(tmp_path):
    path = write_lines(tmp_path / "sums.jsonl", ROWS)
    rows = read(file_source(path, limit=2))
    assert [row.problem.text for row in rows] == ["What is 1 + 1?", "What is 2 + 2?"]
    assert [row.problem.golds for row in rows] == [
        {"math": {"answer": "2"}},
        {"math": {"answer": "4"}},
    ]
    assert [(row.problem.source_row, row.responses) for row in rows] == [("1", ()), ("2", ())]


def test_files_lie_under_data_too(tmp_path):
    write_lines(tmp_path / "sums.jsonl", ROWS)
    assert len(read(file_source("sums.jsonl"), tmp_path)) == 8


def test_traces_and_problems_without_gold(tmp_path):
    path = write_lines(tmp_path / "a.jsonl", [{"q": "Why?", "t": "<think>Hm.</think>So."}])
    fields = {"problem": "q", "trace": "t"}
    (row,) = read(file_source(path, fields=fields, gold_pattern=None))
    assert row.problem.golds == {}
    assert [response.text for response in row.responses] == ["<think>Hm.</think>So."]


PAIRS = [{"input": "1", "output": "2", "type": "stdin_stdout"}, {"input": "3", "output": "4"}]


@pytest.mark.parametrize("tests", [PAIRS, json.dumps(PAIRS)])
def test_tests_of_programs_may_come_in_pairs(tmp_path, tests):
    path = write_lines(tmp_path / "a.jsonl", [{"q": "Add one.", "a": tests}])
    (row,) = read(file_source(path, gold_pattern=None, verifier="code"))
    assert row.problem.golds == {"code": {"inputs": ["1", "3"], "outputs": ["2", "4"]}}


def test_fields_may_lie_inside_others(tmp_path):
    turns = [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Hi."}]
    path = write_lines(tmp_path / "a.jsonl", [{"turns": turns}])
    mapping = {"fields": {"problem": "turns.0.content"}, "gold_pattern": None}
    (row,) = read(file_source(path, **mapping))
    assert row.problem.text == "Hello?"
    mapping["fields"] = {"problem": "turns.2.content"}
    with pytest.raises(UserError, match=r"no field 'turns.2.content'; it has turns"):
        read(file_source(path, **mapping))


def test_golds_in_the_verifiers_own_shape(tmp_path):
    gold = {"family": "gcd", "entry": {"question": "q", "answer": "1", "metadata": {}}}
    path = write_lines(tmp_path / "a.jsonl", [{"q": "gcd?", "a": gold}])
    (row,) = read(file_source(path, gold_pattern=None, verifier="reasoning-gym"))
    assert row.problem.golds == {"reasoning-gym": gold}


@pytest.mark.parametrize(
    ("row", "field", "gold"),
    [
        (
            {"tests": ["assert f(1)"], "name": "f"},
            {"tests": "tests", "entry_point": "name"},
            {"tests": ["assert f(1)"], "entry_point": "f"},
        ),
        ({"io": '{"inputs": ["1"], "outputs": ["2"]}'}, "io", {"inputs": ["1"], "outputs": ["2"]}),
    ],
)
def test_golds_made_of_several_fields_or_of_json_text(tmp_path, row, field, gold):
    path = write_lines(tmp_path / "a.jsonl", [{"q": "Write f.", **row}])
    source = file_source(
        path, fields={"problem": "q", "gold": field}, gold_pattern=None, verifier="code"
    )
    (read_row,) = read(source)
    assert read_row.problem.golds == {"code": gold}


@pytest.mark.parametrize("answer", ["{1, 2}", '{"answer": 3}x', '{"reply": "3"}'])
def test_an_answer_in_braces_is_an_answer(tmp_path, answer):
    path = write_lines(tmp_path / "a.jsonl", [{"q": "Which?", "a": answer}])
    (row,) = read(file_source(path, gold_pattern=None))
    assert row.problem.golds == {"math": {"answer": answer}}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"fields": {"problem": "question"}}, "row 1: no field 'question'; it has a, id, q"),
        ({"fields": {"problem": "q", "gold": "b"}}, "row 1: no field 'b'"),
        ({"fields": {"problem": "q", "gold": {"answer": "b"}}}, "row 1: no field 'b'; it has a"),
        ({"fields": {"problem": "q", "gold": {"reply": "a"}}}, "row 1: gold must be"),
        ({"gold_pattern": "answer: (.+)"}, "row 1: gold_pattern .* finds nothing in field 'a'"),
        ({"gold_pattern": "####"}, "has no group"),
        ({"gold_pattern": "("}, "gold_pattern '\\(': missing"),
        ({"verifier": "maths"}, r"source 'sums': no verifier 'maths' \(did you mean 'math'\?\)"),
        ({"verifier": "reasoning-gym"}, "row 1: gold must be .*, as reasoning-gym wants it"),
    ],
)
def test_mappings_that_do_not_fit_are_refused(tmp_path, more, message):
    path = write_lines(tmp_path / "sums.jsonl", ROWS)
    with pytest.raises(UserError, match=message):
        read(file_source(path, **more))


def test_the_row_that_lacks_a_field_is_named(tmp_path):
    path = write_lines(tmp_path / "sums.jsonl", [*ROWS, {"q": "What is 9 + 9?"}])
    with pytest.raises(UserError, match="source 'sums', row 9: no field 'a'; it has q"):
        read(file_source(path))


def test_only_optional_files_may_be_missing(tmp_path):
    (source,) = recipe_of(file_source("nowhere.jsonl", optional=True)).prompts
    assert not is_there(source, tmp_path)
    (source,) = recipe_of(file_source("nowhere.jsonl")).prompts
    with pytest.raises(
        UserError, match=r"source 'sums': no file nowhere.jsonl here or in the data"
    ):
        is_there(source, tmp_path)


def test_hub_datasets_are_mapped_alike(monkeypatch):
    asked = []

    def hub_rows(dataset, config, split, revision):
        asked.append((dataset, config, split, revision))
        return enumerate(ROWS, 1)

    monkeypatch.setattr("datagen.sources.hub_rows", hub_rows)
    hub = {"kind": "hub", "dataset": "a/b", "config": "main"}
    source = {key: value for key, value in file_source("").items() if key != "path"}
    rows = read(source | hub)
    assert (len(rows), rows[0].problem.golds) == (8, {"math": {"answer": "2"}})
    assert asked == [("a/b", "main", "train", None)]


BENCHMARK = {"benchmarks": [{"name": "rg/chain_sum", "seed": 200, "limit": 10}]}


@pytest.mark.parametrize(
    ("others", "message"),
    [
        (
            [gym_source(name="b", seed=104)],
            "'chain' draws seeds 100 to 104 of chain_sum, .* 'b' 104",
        ),
        (
            [gym_source(name="b", seed=209)],
            "'b' draws seeds 209 to 213 .* benchmark rg/chain_sum 200",
        ),
    ],
)
def test_seeds_that_overlap_are_refused(others, message):
    with pytest.raises(UserError, match=message):
        check_seeds(recipe_of(gym_source(), *others, evaluation=BENCHMARK))


def test_seeds_apart_and_other_families_are_fine():
    apart = [gym_source(name="b", seed=105), gym_source(name="c", seed=210)]
    other = gym_source(name="d", family="gcd")
    check_seeds(recipe_of(gym_source(), *apart, other, evaluation=BENCHMARK))
