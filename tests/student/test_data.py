from dataclasses import replace
from pathlib import Path

import pytest

from distill.errors import UserError
from distill.ids import content_id
from distill.templates.render import IGNORED
from student.data import Trace, encode_traces, load_dataset
from tests.student.toy_student import DATASET, fill, toy_recipe, toy_traces
from tests.toy_models import chatml_tokenizer, r1_tokenizer

TOKENIZER = chatml_tokenizer()


def stripped(trace: Trace) -> Trace:
    return replace(trace, reasoning=(trace.reasoning or "").strip())


def test_traces_come_from_the_warehouse_in_their_order(tmp_path: Path) -> None:
    recipe = toy_recipe(tmp_path)
    warehouse = fill(tmp_path, recipe, toy_traces())
    dataset = load_dataset(warehouse, recipe)
    assert dataset.dataset_id == DATASET
    assert [stripped(trace) for trace in dataset.traces] == toy_traces()


def test_the_newest_choice_of_an_arm_counts(tmp_path: Path) -> None:
    recipe = toy_recipe(tmp_path)
    warehouse = fill(tmp_path, recipe, toy_traces(2))
    newer = content_id("newer")
    row = {"dataset_id": newer, "num_items": 1, "created": "2026-01-02T00:00:00+00:00"}
    warehouse.insert("datasets", [row])
    arm = {"dataset_id": newer, "arm": "verified", "selection_hash": content_id("s")}
    run = {"run_id": recipe.run_id("dataset"), "selection": {}}
    warehouse.insert("dataset_arms", [arm | run])
    assert load_dataset(warehouse, recipe).dataset_id == newer


def test_a_training_set_that_is_not_there_or_empty_names_the_command(tmp_path: Path) -> None:
    recipe = toy_recipe(tmp_path)
    warehouse = fill(tmp_path, recipe, [])
    with pytest.raises(UserError, match=r"'verified' .* is empty.*`distill dataset --recipe toy`"):
        load_dataset(warehouse, recipe)
    other = toy_recipe(tmp_path, seed=1)
    with pytest.raises(UserError, match="is not there"):
        load_dataset(warehouse, other)


def test_a_cut_off_response_has_no_answer(tmp_path: Path) -> None:
    recipe = toy_recipe(tmp_path)
    cut = replace(toy_traces()[0], answer=None)
    warehouse = fill(tmp_path, recipe, [cut])
    assert load_dataset(warehouse, recipe).traces[0].answer is None


def test_longer_traces_are_dropped_and_counted_never_cut() -> None:
    traces = toy_traces(3, 1)
    long = replace(traces[1], reasoning="on and on " * 50)
    cut = replace(traces[2], answer=None)
    data = encode_traces(
        TOKENIZER, [traces[0], long, cut, traces[3]], max_length=128, over_length="drop"
    )
    assert [item.example.name for item in data.train] == [str(traces[0].attempt_id)]
    assert [item.example.name for item in data.validation] == [str(traces[3].attempt_id)]
    assert (data.num_over_length, data.num_unanswered) == (1, 1)


def test_a_trace_of_just_the_longest_length_stays_whole() -> None:
    trace = toy_traces(1, 0)
    length = len(
        encode_traces(TOKENIZER, trace, max_length=999, over_length="drop")
        .train[0]
        .encoded.input_ids
    )
    assert len(encode_traces(TOKENIZER, trace, max_length=length, over_length="fail").train) == 1
    with pytest.raises(UserError, match=f"has {length} tokens, more than {length - 1}"):
        encode_traces(TOKENIZER, trace, max_length=length - 1, over_length="fail")


def test_unanswered_traces_are_refused_if_asked() -> None:
    cut = replace(toy_traces()[0], answer=None)
    with pytest.raises(UserError, match="has no answer"):
        encode_traces(TOKENIZER, [cut], max_length=999, over_length="fail")


def test_nothing_left_to_train_on_is_refused() -> None:
    with pytest.raises(UserError, match="8 traces are longer than 10 tokens"):
        encode_traces(TOKENIZER, toy_traces(8, 0), max_length=10, over_length="drop")


def test_the_completion_fits_the_students_template() -> None:
    for tokenizer, opening in ((TOKENIZER, "<think>\ntwice 0"), (r1_tokenizer(), "twice 0")):
        item = encode_traces(tokenizer, toy_traces(1), max_length=999, over_length="drop").train[0]
        trained = [token for token in item.encoded.labels if token != IGNORED]
        end = tokenizer.eos_token
        assert tokenizer.decode(trained) == f"{opening}\n</think>\n\n0{end}"
