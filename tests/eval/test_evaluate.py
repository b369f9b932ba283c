import io
from types import SimpleNamespace
from uuid import UUID

import pytest
from rich.console import Console

from distill.config.recipe import Recipe
from distill.config.training import Student
from distill.errors import UserError
from distill.models.identity import identify
from distill.runs.context import Context
from distill.runs.home import Home
from eval import evaluate, report
from eval.gather import gather
from tests.eval.toy_models import NOW, ToyModels, toy_benchmark
from tests.toy_folders import toy_folder
from warehouse.database import Warehouse

BENCHMARKS = {
    "rg/chain_sum": toy_benchmark("rg/chain_sum", 10),
    "gsm8k": toy_benchmark("gsm8k", 20),
    "aime2024": None,  # its data is not here
}


def toy_recipe(**evaluation) -> Recipe:
    return Recipe.model_validate(
        {
            "name": "toy",
            "models": {"teacher": {"source": "toy-teacher"}},
            "wordings": {"plain": {}, "short": {"template": "Be brief. {problem}"}},
            "student": {"bases": {"qwen": {"source": "toy-base"}}},
            "evaluation": {
                "benchmarks": [{"name": name, "optional": True} for name in BENCHMARKS],
                "k": 2,
                "num_resamples": 500,
                "teacher": {"wording": "short", "prefill": "<think>\n"},
                **evaluation,
            },
        }
    )


@pytest.fixture
def toy(tmp_path, monkeypatch):
    home = Home.at(str(tmp_path / "home"))
    for number, name in enumerate(("toy-teacher", "toy-base")):
        toy_folder(home.models / name, weight=bytes([number]))
    models = ToyModels(skill={"toy-teacher": 9, "toy-base": 2, "checkpoint": 6})
    monkeypatch.setattr("eval.protocol.load", lambda spec, data: BENCHMARKS[spec.name])
    monkeypatch.setattr(evaluate, "collect", models.collect)
    monkeypatch.setattr(evaluate, "verify_attempts", models.verify_attempts)
    monkeypatch.setattr(evaluate, "check_checkpoint", lambda folder: None)
    return home, models


def context_of(home, recipe) -> Context:
    console = Console(file=io.StringIO(), width=100, highlight=False)
    servers = SimpleNamespace(check=lambda spec: None)
    return Context(recipe=recipe, home=home, data=None, servers=servers, console=console)


def train(context, student="qwen"):
    """Put into the warehouse what the stages dataset and sft leave."""
    recipe, home = context.recipe, context.home
    folder = home.checkpoints / "checkpoint"
    if not folder.exists():
        toy_folder(folder, weight=bytes([2]))
    warehouse = Warehouse(home.warehouse, "test")
    run_id, dataset_id = recipe.run_id("dataset"), UUID(int=7)
    warehouse.insert("datasets", [{"dataset_id": dataset_id, "num_items": 1, "created": NOW}])
    arm = {"arm": "verified", "selection_hash": UUID(int=1), "selection": {}}
    warehouse.insert("dataset_arms", [arm | {"dataset_id": dataset_id, "run_id": run_id}])
    base = identify(recipe.student.bases[student], home)
    checkpoint = {
        "weights_id": "trained",
        "base_weights_id": base.weights_id,
        "dataset_id": dataset_id,
        "run_id": recipe.run_id("sft"),
        "student": student,
        "settings_hash": recipe.student.settings_hash(student),
        "path": f"/where/it/was/once/{folder.name}",
        "metrics": {},
        "created": NOW,
    }
    warehouse.insert("checkpoints", [checkpoint])


def rows(context, text):
    return Warehouse(context.home.warehouse, "test").query(text)


def said(context):
    return " ".join(context.console.file.getvalue().split())


def test_base_student_and_teacher_are_scored_and_compared(toy):
    home, models = toy
    context = context_of(home, toy_recipe())
    train(context)
    evaluate.check(context)
    evaluate.run(context)
    assert models.asked == [
        ("eval teacher", "<think>\n", 60),
        ("eval base qwen", "", 60),
        ("eval student qwen", "", 60),
    ]
    scores = rows(context, "scores")
    found = {(row["role"], row["benchmark"]): row for row in scores}
    assert len(found) == 9
    assert found["teacher", "rg/chain_sum"]["pass_at_1"] == 0.9
    assert found["base", "gsm8k"]["pass_at_1"] == 0.1
    overall = found["student", "overall"]
    assert overall["pass_at_1"] == pytest.approx(0.45)
    assert (overall["num_problems"], overall["k"]) == (30, 2)
    assert overall["ci_low"] < 0.45 < overall["ci_high"]
    assert overall["mean_completion_tokens"] == 10
    (row,) = rows(context, "from student_vs_teacher where benchmark = 'overall'")
    assert (row["student"], row["base"], row["teacher"]) == ("qwen", "toy-base", "toy-teacher")
    assert row["gain"] == pytest.approx(0.3)
    assert row["difference"] == pytest.approx(-0.225)
    assert row["recovered"] == pytest.approx(0.3 / 0.525)
    assert row["gain_low"] < 0.3 < row["gain_high"]
    assert "1 of 3 benchmarks skipped, their data is not here: aime2024" in said(context)


def test_running_again_asks_and_writes_nothing(toy):
    home, models = toy
    context = context_of(home, toy_recipe())
    train(context)
    evaluate.run(context)
    count = """select
        (select count(*) from evaluation_scores) as scores,
        (select count(*) from overall_scores) as overall,
        (select count(*) from comparisons) as comparisons,
        (select count(*) from evaluation_items) as items,
        (select count(*) from golds) as golds"""
    before, asked = rows(context, count), len(models.asked)
    assert before == [{"scores": 6, "overall": 3, "comparisons": 3, "items": 180, "golds": 30}]
    evaluate.run(context)
    assert rows(context, count) == before
    assert len(models.asked) == asked


def test_teacher_and_base_first_students_later(toy):
    home, models = toy
    context = context_of(home, toy_recipe())
    evaluate.run(context, roles=("teacher", "base"))
    assert [title for title, *_ in models.asked] == ["eval teacher", "eval base qwen"]
    assert rows(context, "from student_vs_teacher") == []
    train(context)
    evaluate.run(context, roles=("student",))
    assert [title for title, *_ in models.asked][2:] == ["eval student qwen"]
    assert len(rows(context, "from student_vs_teacher")) == 3


def test_students_alone_are_scored_before_the_others_have_answered(toy):
    home, _ = toy
    context = context_of(home, toy_recipe())
    train(context)
    evaluate.run(context, roles=("student",))
    assert {row["role"] for row in rows(context, "scores")} == {"student"}
    assert [row["gain"] for row in rows(context, "student_vs_teacher")] == [None] * 3


def test_untrained_students_are_refused_before_anything_is_asked(toy):
    home, models = toy
    context = context_of(home, toy_recipe())
    with pytest.raises(UserError, match="students qwen of recipe toy are not trained yet"):
        evaluate.run(context)
    assert models.asked == []


def test_roles_that_are_one_model_asked_alike_share_their_responses(toy):
    home, models = toy
    recipe = toy_recipe(teacher={"wording": "plain"}).model_copy(
        update={"models": toy_recipe().models.model_copy(update={"teacher": BASE_SPEC})}
    )
    context = context_of(home, recipe)
    train(context)
    evaluate.run(context)
    assert [title for title, *_ in models.asked] == [
        "eval teacher and base qwen",
        "eval student qwen",
    ]
    assert len({row["evaluation_id"] for row in rows(context, "scores")} - {None}) == 4
    (row,) = rows(context, "from student_vs_teacher where benchmark = 'overall'")
    assert row["base_pass_at_1"] == row["teacher_pass_at_1"]
    assert row["recovered"] is None


BASE_SPEC = toy_recipe().student.bases["qwen"]


def test_failed_requests_are_neither_right_nor_wrong(toy):
    home, models = toy
    models.failing = {0, 9}  # the base can do 0 and 1, and 9 is too much for it
    context = context_of(home, toy_recipe(benchmarks=[{"name": "rg/chain_sum"}]))
    evaluate.run(context, roles=("base",))
    (row,) = rows(context, "from scores where benchmark <> 'overall'")
    assert (row["num_problems"], row["pass_at_1"]) == (8, 0.125)
    assert "base qwen: 4 of 20 responses failed" in said(context)
    models.failing = set()
    evaluate.run(context, roles=("base",))
    (row,) = rows(context, "from scores where benchmark <> 'overall'")
    assert (row["num_problems"], row["pass_at_1"]) == (10, 0.2)


def test_missing_responses_are_not_scored(toy):
    home, models = toy
    models.silent = {3}
    context = context_of(home, toy_recipe())
    with pytest.raises(UserError, match="base qwen: 4 of 60 responses are missing"):
        evaluate.run(context, roles=("base",))
    assert rows(context, "scores") == []
    assert rows(context, "from evaluation_items") == []


def test_another_number_of_responses_or_stream_is_another_evaluation(toy):
    home, _ = toy
    for changed in ({}, {"k": 1}, {"stream": "eval/2"}):
        evaluate.run(context_of(home, toy_recipe(**changed)), roles=("base",))
    context = context_of(home, toy_recipe())
    (row,) = rows(context, "select count(distinct evaluation_id) as n from evaluation_items")
    assert row["n"] == 6
    per_problem = rows(
        context,
        "select distinct k, count(*) as n from evaluation_items join evaluations "
        "using (evaluation_id) group by evaluation_id, problem_id, k order by k",
    )
    assert per_problem == [{"k": 1, "n": 1}, {"k": 2, "n": 2}]


def test_undecided_responses_are_not_correct_and_counted_apart(toy, monkeypatch):
    home, _ = toy
    monkeypatch.setattr(evaluate, "verify_attempts", lambda *arguments: None)
    context = context_of(home, toy_recipe(benchmarks=[{"name": "rg/chain_sum"}]))
    evaluate.run(context, roles=("base",))
    (row,) = rows(context, "from scores where benchmark <> 'overall'")
    assert (row["pass_at_1"], row["num_undecided"]) == (0.0, 20)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"benchmarks": []}, r"nothing to evaluate on \(none is named\)"),
        ({"benchmarks": [{"name": "aime2024"}]}, r"nothing to evaluate on \(aime2024\)"),
        ({"benchmarks": [{"name": "gsm8k"}] * 2}, "gsm8k stands there twice"),
        ({"sampling": {"max_tokens": 2048}}, "max_model_len: 2048 tokens cannot hold a prompt"),
    ],
)
def test_bad_recipes_are_refused(toy, changed, message):
    home, _ = toy
    with pytest.raises(UserError, match=message):
        evaluate.check(context_of(home, toy_recipe(**changed)))


def test_problems_that_no_verifier_checks_are_refused(toy):
    home, _ = toy
    recipe = toy_recipe()
    verification = recipe.verification.model_copy(update={"verifiers": ("reasoning-gym",)})
    context = context_of(home, recipe.model_copy(update={"verification": verification}))
    with pytest.raises(UserError, match=r"math checks its answers, but verification\.verifiers"):
        evaluate.check(context)


def test_report_prints_and_writes_what_was_found(toy):
    home, _ = toy
    context = context_of(home, toy_recipe())
    train(context)
    evaluate.run(context)
    report.check(context)
    report.run(context)
    text = said(context)
    assert "45.0" in text
    assert "It closed 57% of the gap between base and teacher" in text
    names = sorted(path.name for path in (home.root / "reports").iterdir())
    assert names == ["toy.html", "toy.png", "toy.svg"]
    page = (home.root / "reports" / "toy.html").read_text(encoding="utf-8")
    assert "made to start with &#39;&lt;think&gt;\\n&#39;" in page
    assert "math 1" in page
    assert "1 of 3 benchmarks skipped" in page


def test_report_before_any_evaluation_names_the_way_out(toy):
    home, _ = toy
    with pytest.raises(UserError, match=r"nothing was evaluated yet\. `distill eval --recipe toy`"):
        report.run(context_of(home, toy_recipe()))


def test_report_without_students_yet(toy):
    home, _ = toy
    context = context_of(home, toy_recipe())
    evaluate.run(context, roles=("teacher", "base"))
    report.run(context)
    assert "Not evaluated yet: students qwen." in said(context)


def test_report_of_a_teacher_alone(toy):
    home, _ = toy
    recipe = toy_recipe().model_copy(update={"student": Student()})
    context = context_of(home, recipe)
    evaluate.check(context)
    evaluate.run(context)
    report.run(context)
    assert {row["role"] for row in rows(context, "scores")} == {"teacher"}
    assert rows(context, "student_vs_teacher") == []
    assert "90.0" in said(context)


def test_a_benchmark_may_have_a_wording_of_its_own_but_students_keep_theirs(toy):
    home, _ = toy
    benchmarks = [{"name": "gsm8k", "wording": "short"}, {"name": "rg/chain_sum"}]
    context = context_of(home, toy_recipe(benchmarks=benchmarks))
    train(context)
    evaluate.run(context)
    found = rows(
        context,
        "select role, benchmark, wording from evaluations join evaluation_roles "
        "using (evaluation_id) order by all",
    )
    assert [tuple(row.values()) for row in found] == [
        ("base", "gsm8k", "short"),
        ("base", "rg/chain_sum", "plain"),
        ("student", "gsm8k", "plain"),
        ("student", "rg/chain_sum", "plain"),
        ("teacher", "gsm8k", "short"),
        ("teacher", "rg/chain_sum", "short"),
    ]
    measured = dict(gather(context, Warehouse(home.warehouse, "test")).measured)
    assert measured["How a base is asked"] == (
        "wording short (no worked examples), plain (no worked examples)"
    )


def test_a_finished_student_is_evaluated_without_training(toy):
    home, models = toy
    toy_folder(home.models / "made-elsewhere", weight=bytes([3]))
    models.skill["made-elsewhere"] = 6
    bases = {"qwen": {"source": "toy-base", "checkpoint": "made-elsewhere"}}
    recipe = toy_recipe().model_copy(update={"student": Student.model_validate({"bases": bases})})
    context = context_of(home, recipe)
    evaluate.check(context)
    evaluate.run(context)
    (row,) = rows(context, "from student_vs_teacher where benchmark = 'overall'")
    assert (row["student"], row["base"]) == ("qwen", "toy-base")
    assert row["student_pass_at_1"] > row["base_pass_at_1"]
