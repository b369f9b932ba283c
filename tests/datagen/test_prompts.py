import pytest

from datagen import prompts
from distill.benchmarks import load
from distill.config.training import BenchmarkSpec
from distill.errors import UserError
from distill.ids import problem_id
from tests.datagen.toy_datagen import (
    ROWS,
    context_of,
    file_source,
    gym_source,
    recipe_of,
    rows_of,
    said,
    write_lines,
)


@pytest.fixture
def sums(tmp_path):
    return file_source(write_lines(tmp_path / "sums.jsonl", ROWS), wording="brief")


def counts(context):
    tables = ("problems", "golds", "problem_sources", "prompts", "run_prompts")
    return {table: rows_of(context, f"select count(*) n from {table}")[0]["n"] for table in tables}


def test_problems_golds_sources_and_prompts_are_recorded(tmp_path, sums):
    context = context_of(tmp_path, recipe_of(sums, gym_source()))
    prompts.run(context)
    assert set(counts(context).values()) == {13}
    (row,) = rows_of(
        context,
        "select p.messages, p.wording, g.*, s.* from prompts p join golds g using (problem_id) "
        "join problem_sources s using (problem_id) where problem_id = $id",
        id=problem_id("What is 3 + 3?"),
    )
    assert row["messages"] == [{"role": "user", "content": "Be brief. What is 3 + 3?"}]
    assert (row["gold"], row["gold_version"], row["origin"]) == ({"answer": "6"}, 1, "sums")
    assert (row["source"], row["source_row"], row["licence"]) == ("sums", "3", "MIT")
    assert "13 problems to ask." in said(context)


def test_a_second_time_nothing_is_written(tmp_path, sums):
    context = context_of(tmp_path, recipe_of(sums))
    prompts.run(context)
    before = counts(context)
    prompts.run(context)
    assert counts(context) == before
    assert said(context).count("8 problems to ask. Nothing is new.") == 1


def test_a_problem_of_several_sources_is_asked_once_by_the_first(tmp_path, sums):
    again = file_source(
        write_lines(tmp_path / "again.jsonl", [ROWS[0], {"q": "What is 9 + 9?", "a": "#### 18"}]),
        name="again",
    )
    wrong = file_source(
        write_lines(tmp_path / "wrong.jsonl", [ROWS[0] | {"a": "#### 3"}]), name="wrong"
    )
    context = context_of(tmp_path, recipe_of(sums, again, wrong))
    prompts.run(context)
    assert counts(context) == {
        "problems": 9,
        "golds": 9,
        "problem_sources": 11,
        "prompts": 9,
        "run_prompts": 9,
    }
    gold = "select gold, origin from golds where problem_id = $id"
    assert rows_of(context, gold, id=problem_id("What is 1 + 1?")) == [
        {"gold": {"answer": "2"}, "origin": "sums"}
    ]


def test_problems_of_benchmarks_are_left_out(tmp_path):
    settings = {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 1}
    benchmark = {"name": "rg/chain_sum", "limit": 200, "settings": settings}
    source = gym_source(size=100, settings=settings)
    evaluation = {"benchmarks": [benchmark]}
    context = context_of(tmp_path, recipe_of(source, evaluation=evaluation))
    prompts.run(context)
    num_alone = len(prompts.gather(recipe_of(source), None, set()).taken[0].problems)
    apart = prompts.kept_out(context.recipe, None)
    (taken,) = prompts.gather(context.recipe, None, apart.exactly).taken
    assert 0 < len(taken.held_out) < num_alone
    assert len(taken.problems) == num_alone - len(taken.held_out)
    assert taken.num_seeds_repeated == 100 - num_alone > 0
    assert counts(context)["problems"] == num_alone
    assert counts(context)["run_prompts"] == len(taken.problems)
    dropped = rows_of(context, "from problem_filter_results where not keep")
    assert {(row["filter"], row["reason"]) for row in dropped} == {("evaluated", "is evaluated on")}
    assert len(dropped) == len(taken.held_out)


def test_optional_files_that_are_not_here_are_named(tmp_path, sums):
    missing = [file_source(f"{name}.jsonl", name=name, optional=True) for name in ("gsm8k", "math")]
    context = context_of(tmp_path, recipe_of(sums, *missing))
    prompts.run(context)
    assert "skipped, as their files are not here: 2 (gsm8k, math)." in said(context)


def test_broken_lines_are_refused_before_anything_is_written(tmp_path, sums):
    path = tmp_path / "sums.jsonl"
    path.write_text(path.read_text() + '{"q": "What is\n')
    context = context_of(tmp_path, recipe_of(sums))
    for step in (prompts.check, prompts.run):
        with pytest.raises(UserError, match=r"sums.jsonl, line 9: broken"):
            step(context)
    assert not context.home.warehouse.exists()


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (recipe_of(), "names no \\[\\[prompts\\]\\]"),
        (recipe_of(gym_source(family="chain_sums")), "did you mean 'chain_sum'"),
        (recipe_of(gym_source(settings={"terms": 1})), "no setting 'terms'"),
        (recipe_of(file_source("nowhere.jsonl")), "no file nowhere.jsonl"),
        (recipe_of(gym_source(), verification={"verifiers": ["m"]}), "no verifier 'm'"),
        (recipe_of(gym_source(), evaluation={"benchmarks": [{"name": "x"}]}), "no benchmark 'x'"),
    ],
)
def test_recipes_that_cannot_work_are_refused(tmp_path, recipe, message):
    with pytest.raises(UserError, match=message):
        prompts.check(context_of(tmp_path, recipe))


def test_a_recipe_whose_problems_are_all_held_out_is_refused(tmp_path):
    spec = {"name": "rg/chain_sum", "limit": 3}
    problems = load(BenchmarkSpec(**spec), None).problems
    rows = [{"q": problem.text, "a": "#### 1"} for problem in problems]
    source = file_source(write_lines(tmp_path / "copied.jsonl", rows))
    recipe = recipe_of(source, evaluation={"benchmarks": [spec]})
    with pytest.raises(UserError, match="is left to ask: 3 is evaluated on"):
        prompts.run(context_of(tmp_path, recipe))
