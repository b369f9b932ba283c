import pytest

from datagen import dataset, filter, generate, prompts, verify
from distill.errors import UserError
from distill.ids import prompt_id
from tests.datagen.toy_datagen import (
    ROWS,
    STAGES,
    ToyTeacher,
    adder,
    context_of,
    file_source,
    recipe_of,
    rows_of,
    run_all,
    said,
    write_lines,
)
from tests.warehouse.toy_pool import InProcessPool


@pytest.fixture(autouse=True)
def in_process(monkeypatch):
    monkeypatch.setattr("warehouse.verdicts.VerifierPool", InProcessPool)


@pytest.fixture
def teacher(monkeypatch):
    teacher = ToyTeacher(answer=adder)
    monkeypatch.setattr(generate, "collect", teacher.collect)
    return teacher


@pytest.fixture
def recipe(tmp_path):
    source = file_source(write_lines(tmp_path / "sums.jsonl", ROWS), wording="brief")
    arms = {
        "verified": {},
        "unfiltered": {"verdicts": ["correct", "wrong", "undecided", "none"], "filters": []},
        "mistakes": {"verdicts": ["undecided"]},
    }
    selection = {"arms": arms, "validation_share": 0.25}
    return recipe_of(source, generation={"num_samples": 2}, selection=selection)


def arm(context, name):
    return rows_of(
        context,
        "select items.*, a.text, p.messages from dataset_arms "
        "join dataset_items items using (dataset_id) join attempts a using (attempt_id) "
        "join prompts p on p.prompt_id = training_prompt_id where arm = $arm order by position",
        arm=name,
    )


def test_from_problems_to_a_training_set(tmp_path, teacher, recipe):
    context = context_of(tmp_path, recipe)
    run_all(context)
    assert len(teacher.asked) == 16
    verdicts = rows_of(context, "select decision, count(*) n from verdicts group by all")
    assert {row["decision"]: row["n"] for row in verdicts} == {"correct": 12, "wrong": 4}
    items = arm(context, "verified")
    assert len(items) == 6  # of eight problems one is answered wrongly, one not at all
    assert all(" Sure." not in item["text"] for item in items)  # the shorter of two
    assert all(item["training_prompt_id"] == prompt_id(item["messages"]) for item in items)
    assert {item["messages"][0]["content"][:7] for item in items} == {"What is"}  # student.wording
    assert len(arm(context, "unfiltered")) == 7
    assert arm(context, "mistakes") == []
    assert "2 filter think_format" not in said(context)  # the verdict comes first
    assert "4 wrong" in said(context)
    assert "mistakes: 0 + 0 traces" in said(context)


def test_a_second_time_nothing_is_done(tmp_path, teacher, recipe):
    first, second = context_of(tmp_path, recipe), context_of(tmp_path, recipe)
    run_all(first)
    tables = rows_of(first, "select table_name from duckdb_tables() where schema_name = 'main'")
    names = [row["table_name"] for row in tables if row["table_name"] != "runs"]
    before = {name: rows_of(first, f"select count(*) n from {name}") for name in names}
    run_all(second)
    assert {name: rows_of(second, f"select count(*) n from {name}") for name in names} == before
    assert said(second).count("Nothing is new.") == len(STAGES)
    assert len(teacher.asked) == 16


def test_more_samples_go_on_from_those_that_are_there(tmp_path, teacher, recipe):
    run_all(context_of(tmp_path, recipe))
    more = recipe.generation.model_copy(update={"num_samples": 3})
    context = context_of(tmp_path, recipe.model_copy(update={"generation": more}))
    run_all(context)
    assert "24 traces wanted, 16 found, 8 asked" in said(context)
    assert "24 traces: 18 correct, 6 wrong. 8 checks made." in said(context)


def test_another_filter_setting_is_another_ruling(tmp_path, teacher, recipe):
    run_all(context_of(tmp_path, recipe))
    rule = [*recipe.filters, recipe.filters[0].model_copy(update={"name": "length"})]
    strict = [{**spec.model_dump(), "settings": {"max_chars": 20}} for spec in rule[-1:]]
    changed = recipe_of(
        *[source.model_dump() for source in recipe.prompts],
        generation={"num_samples": 2},
        filters=[spec.model_dump() for spec in recipe.filters] + strict,
    )
    context = context_of(tmp_path, changed)
    run_all(context)
    assert "16 rulings made." in said(context)
    assert {len(item["text"]) < 30 for item in arm(context, "verified")} == {True}
    rulings = rows_of(context, "select filter, count(*) n from filter_results group by all")
    assert {row["filter"]: row["n"] for row in rulings} == {
        "truncated": 16,
        "think_format": 16,
        "repetition": 16,
        "length": 16,
    }


def test_the_waterfall_counts_each_loss_once(tmp_path, monkeypatch, recipe):
    teacher = ToyTeacher(
        answer=adder, outcome=lambda message, n: "length" if "4 +" in message or n else "ok"
    )
    monkeypatch.setattr(generate, "collect", teacher.collect)
    context = context_of(tmp_path, recipe)
    run_all(context, upto=filter)
    of_run = {"run_id": recipe.run_id("filter"), "asking_run": recipe.run_id("generate")}
    rows = rows_of(context, "filter_losses", **of_run)
    assert [tuple(row.values()) for row in rows] == [
        ("truncated", 9, 9, 7, 7, "reached the token limit"),
        ("think_format", 2, 0, 0, 7, "empty answer"),
        ("repetition", 0, 0, 0, 7, ""),
    ]
    assert "7 of 16 traces pass every rule." in said(context)


@pytest.mark.parametrize(
    ("done", "stage", "message"),
    [
        ([], generate, "no problems were chosen yet. `make prompts RECIPE=toy`"),
        ([prompts], verify, "there are no traces yet. `make generate RECIPE=toy`"),
        ([prompts], filter, "there are no traces yet. `make generate RECIPE=toy`"),
        (
            [prompts, generate],
            dataset,
            "not all traces were verified yet. `make verify RECIPE=toy`",
        ),
        (
            [prompts, generate, verify],
            dataset,
            "not all traces were filtered yet. `make filter",
        ),
    ],
)
def test_stages_name_the_one_that_comes_before(tmp_path, teacher, recipe, done, stage, message):
    context = context_of(tmp_path, recipe)
    for one in done:
        one.run(context)
    with pytest.raises(UserError, match=message):
        stage.run(context)


def test_too_small_a_training_set_is_refused_with_its_losses(tmp_path, teacher, recipe):
    selection = recipe.selection.model_copy(update={"min_traces": 7})
    context = context_of(tmp_path, recipe.model_copy(update={"selection": selection}))
    with pytest.raises(UserError, match=r"fewer than selection.min_traces = 7.*wrong \(4\)"):
        run_all(context)
    assert rows_of(context, "from datasets") == []


def test_imported_traces_need_no_teacher(tmp_path):
    rows = [
        {"q": "What is 1 + 1?", "a": "2", "t": "<think>One and one.</think>\n\n2"},
        {"q": "What is 1 + 1?", "a": "2", "t": "<think>Again \ud800.</think>\n\n2"},
        {"q": "What is 2 + 2?", "a": "4", "t": "Two and two.</think>5"},
        {"q": "What is 3 + 3?", "a": "6", "t": "6"},
    ]
    source = file_source(
        write_lines(tmp_path / "traces.jsonl", rows),
        fields={"problem": "q", "gold": "a", "trace": "t"},
        gold_pattern=None,
        trace_model="r1",
    )
    recipe = recipe_of(source, models={})
    context = context_of(tmp_path, recipe)
    run_all(context)
    attempts = rows_of(
        context,
        "select shape, repaired, stream, name, sampling_id, weights_id from attempts "
        "join models using (model_id) order by text",
    )
    assert [(row["shape"], row["repaired"]) for row in attempts] == [
        ("none", 0),
        ("tags", 1),
        ("tags", 0),
        ("open_tag_in_prompt", 0),
    ]
    assert {row["stream"] for row in attempts} == {"import"}
    assert {(row["name"], row["sampling_id"]) for row in attempts} == {("r1", None)}
    assert [item["text"] for item in arm(context, "verified")] == [
        "<think>Again \ufffd.</think>\n\n2"
    ]
    run_all(context)
    assert "4 traces imported, nothing is new" in said(context)
    assert len(rows_of(context, "from attempts")) == 4


def test_sources_without_traces_need_a_teacher(tmp_path, recipe):
    context = context_of(
        tmp_path, recipe.model_copy(update={"models": recipe_of(models={}).models})
    )
    with pytest.raises(UserError, match="sources sums bring no traces"):
        generate.check(context)


def test_a_teacher_that_cannot_hold_a_response_is_refused(tmp_path, recipe):
    sampling = recipe.generation.sampling.model_copy(update={"max_tokens": 2048})
    generation = recipe.generation.model_copy(update={"sampling": sampling})
    context = context_of(tmp_path, recipe.model_copy(update={"generation": generation}))
    with pytest.raises(UserError, match="max_model_len: 2048 tokens cannot hold"):
        generate.check(context)


def test_general_problems_go_to_the_model_for_them(tmp_path, monkeypatch):
    asked = []
    teacher = ToyTeacher(answer=adder)

    def collect(context, run, warehouse, *, spec, prompts, num_samples, **more):
        asked.append((spec.source, len(prompts), num_samples))
        return teacher.collect(
            context, run, warehouse, spec=spec, prompts=prompts, num_samples=num_samples, **more
        )

    monkeypatch.setattr(generate, "collect", collect)
    path = write_lines(tmp_path / "sums.jsonl", ROWS[:3])
    chat = write_lines(tmp_path / "chat.jsonl", [{"q": "What is 9 then?"}])
    general = {"name": "chat", "domain": "general", "model": "general", "fields": {"problem": "q"}}
    sources = [file_source(path), file_source(chat, gold_pattern=None) | general]
    models = {"teacher": {"source": "toy"}, "general": {"source": "chatty"}}
    arms = {"verified": {"unverified_domains": ["general"]}}
    recipe = recipe_of(
        *sources, models=models, generation={"num_samples": 2}, selection={"arms": arms}
    )
    context = context_of(tmp_path, recipe)
    run_all(context)
    assert asked == [("toy", 3, 2), ("chatty", 1, 1)]
    assert any("9 and 9" in item["text"] for item in arm(context, "verified"))
    without = recipe.models.model_copy(update={"general": None})
    with pytest.raises(UserError, match=r"sources chat bring no traces.* models\.general"):
        generate.check(context_of(tmp_path, recipe.model_copy(update={"models": without})))
