import pytest

from datagen import dataset, filter, generate, prompts, verify
from tests.datagen.toy_datagen import (
    ROWS,
    ToyTeacher,
    context_of,
    file_source,
    recipe_of,
    rows_of,
    said,
    write_lines,
)
from tests.warehouse.toy_pool import InProcessPool

LONG = " ".join(f"step {n} leads on to step {n + 1}," for n in range(30))


@pytest.fixture(autouse=True)
def in_process(monkeypatch):
    monkeypatch.setattr("warehouse.verdicts.VerifierPool", InProcessPool)


def answers(message, index):
    number = int(message.split("What is ")[1].split()[0])
    if number > 2:
        return f"Just {number} twice{'!' * index}{index}</think>{2 * number}"
    if number == 1:  # the same but for the end; only the last is right
        return f"{LONG} so it is{' really' * index}</think>{2 if index == 2 else 3}"
    return f"{LONG.replace('step', 'stage')} in other words</think>{2 * number}"


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    monkeypatch.setattr(generate, "collect", ToyTeacher(answer=answers).collect)
    source = file_source(write_lines(tmp_path / "sums.jsonl", ROWS[:3]))
    filters = [{"name": "length", "settings": {"max_chars": 2000}}, {"name": "duplicate_trace"}]
    return recipe_of(source, filters=filters, generation={"num_samples": 3})


def run(context, *stages):
    for stage in stages:
        stage.check(context)
        stage.run(context)


def dropped(context):
    rows = rows_of(
        context,
        "select text, filter_results.reason from filter_results join attempts using (attempt_id) "
        "join run_filters using (filter, version, config_hash) "
        "where run_filters.run_id = $run_id and filter = 'duplicate_trace' "
        "and not keep order by length(text)",
        run_id=context.recipe.run_id("filter"),
    )
    return [(" ".join(row["text"].split(" ")[-2:]), row["reason"]) for row in rows]


def test_of_traces_that_are_alike_the_best_stays(tmp_path, recipe):
    context = context_of(tmp_path, recipe)
    run(context, prompts, generate, verify, filter)
    assert dropped(context) == [
        ("it is</think>3", "nearly the same text"),
        ("is really</think>3", "nearly the same text"),  # shorter than the one that is right
        ("other words</think>4", "same text"),
        ("other words</think>4", "same text"),
    ]
    assert "5 of 9 traces pass every rule. 18 rulings made." in said(context)


def test_new_traces_are_compared_with_old_ones_and_nothing_is_computed_twice(tmp_path, recipe):
    run(context_of(tmp_path, recipe), prompts, generate, verify, filter)
    again = context_of(tmp_path, recipe)
    run(again, filter)
    assert "Nothing is new." in said(again)
    more = recipe.generation.model_copy(update={"num_samples": 4})
    context = context_of(tmp_path, recipe.model_copy(update={"generation": more}))
    run(context, prompts, generate, verify, filter)
    # One ruling on the length of each new trace; as there are other duplicates, new ones on all.
    assert "15 rulings made." in said(context)
    assert len(dropped(context)) == 6
    assert len(rows_of(context, "from text_keys")) == 12
    run(context, dataset)
    assert "verified (trained on): " in said(context)


def test_only_the_same_text_where_near_duplicates_are_not_looked_for(tmp_path, recipe):
    only = recipe.filters[1].model_copy(update={"settings": {"near": False}})
    context = context_of(tmp_path, recipe.model_copy(update={"filters": (recipe.filters[0], only)}))
    run(context, prompts, generate, verify, filter)
    assert {reason for _, reason in dropped(context)} == {"same text"}
    assert len(dropped(context)) == 2
