import csv
import io
import re

import pytest

from distill.errors import UserError
from tests.warehouse.toy_answers import shown
from tests.warehouse.toy_warehouse import Toy, some_traces, uid
from warehouse.library import listing, parse_parameters, question, questions


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    return some_traces(tmp_path_factory.mktemp("library"))


def ask(toy, name, *parameters):
    asked = question(name)
    text = shown(toy.path, asked.text, "csv", **asked.bound(parse_parameters(parameters)))
    return list(csv.DictReader(io.StringIO(text)))


def test_a_newcomer_finds_at_least_ten_questions_each_with_a_sentence():
    assert len(questions()) >= 10
    for one in questions().values():
        assert one.asks.endswith("?"), one.name
        assert set(re.findall(r"\$(\w+)", one.text)) == one.parameters.keys()
        assert one.name in listing()
        assert one.asks in listing()


@pytest.mark.parametrize("name", questions())
def test_every_question_has_an_answer_on_any_warehouse(toy, tmp_path, name):
    assert ask(Toy(tmp_path), name) == []
    ask(toy, name)


def test_what_is_here(toy):
    (row,) = ask(toy, "what_is_here")
    assert row["num_problems"], row["num_traces"] == ("2", "4")
    assert (row["num_correct"], row["num_accepted"], row["correct_percent"]) == ("2", "1", "50.0")


def test_hardest_problems_and_those_never_solved(toy):
    rows = ask(toy, "hardest_problems")
    assert [(row["problem"], row["pass_percent"]) for row in rows] == [
        ("hard", "0.0"),
        ("easy", "100.0"),
    ]
    assert len(ask(toy, "hardest_problems", "samples=2")) == 1
    (row,) = ask(toy, "never_solved")
    assert (row["problem"], row["answers"]) == ("hard", '["<d>"]')


def test_what_looks_right_and_is_not(toy):
    (row,) = ask(toy, "convincing_mistakes")
    assert row["attempt_id"] == str(uid("d"))


def test_what_filters_cost_and_show(toy):
    (row,) = ask(toy, "filter_losses")
    assert (row["num_seen"], row["num_dropped"], row["dropped_percent"]) == ("4", "1", "25.0")
    (row,) = ask(toy, "dropped_examples", "filter=repetition")
    assert row["attempt_id"] == str(uid("b"))
    assert ask(toy, "dropped_examples", "filter=length") == []


def test_what_tokens_were_spent_on(toy):
    (row,) = ask(toy, "token_bill")
    assert (row["tokens"], row["num_accepted"], row["tokens_an_accepted_trace"]) == (
        "600",
        "1",
        "600.0",
    )
    rows = {row["verdict"]: row for row in ask(toy, "length_by_verdict")}
    assert rows["correct"]["mean_tokens"] == "200.0"
    assert rows["undecided"]["num_truncated"] == "1"


def test_what_the_text_says(toy):
    rows = {row["verdict"]: row["turning_back_percent"] for row in ask(toy, "second_thoughts")}
    assert rows == {"correct": "0.0", "wrong": "0.0", "undecided": "100.0"}
    (row,) = ask(toy, "search", "text=WAIT")
    assert row["attempt_id"] == str(uid("c"))
    assert ask(toy, "disagreements") == []
    assert ask(toy, "undecided")[0]["num_attempts"] == "1"


def test_when_it_was_made(toy):
    (row,) = ask(toy, "speed")
    assert (row["num_responses"], row["median_latency_sec"]) == ("1", "2.0")
    assert [row["stage"] for row in ask(toy, "runs")] == ["filter", "generate"]


def test_unknown_names_are_told_the_nearest():
    with pytest.raises(UserError, match=r"no question 'hardest' .*`--list`"):
        question("hardest")
    with pytest.raises(UserError, match=r"no parameter 'lim' \(did you mean 'limit'\?\)"):
        question("runs").bound({"lim": 1})
    with pytest.raises(UserError, match="it takes none"):
        question("what_is_here").bound({"limit": 1})
    assert parse_parameters(["a=1", "b=x y", "c=[1]", "d="]) == {
        "a": 1,
        "b": "x y",
        "c": [1],
        "d": "",
    }
