import pytest

from distill.ids import content_id
from tests.warehouse.toy_warehouse import CONFIG, TIME, Toy, copy_of, uid
from warehouse.checks import run_checks
from warehouse.keys import KEYS
from warehouse.migrate import make_marts
from warehouse.scripts import marts


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Two traces of two problems, verified and made a data set."""
    toy = Toy(tmp_path_factory.mktemp("whole"))
    with toy.write():
        toy.run("generate", "generate")
        for name in ("p1", "p2"):
            toy.problem(name, "gsm8k")
            toy.attempt(f"t-{name}", name)
            toy.verdict(f"t-{name}", "math", "correct")
        dataset = {"dataset_id": uid("d"), "num_items": 2, "created": TIME.format(1)}
        toy.insert("datasets", [dataset])
        toy.insert("dataset_items", [item(toy, 0, "p1", "train"), item(toy, 1, "p2", "validation")])
    return toy


@pytest.fixture
def toy(whole, tmp_path):
    yield from copy_of(whole, tmp_path)


def item(toy, position, problem, split):
    row = {"dataset_id": uid("d"), "position": position, "attempt_id": uid(f"t-{problem}")}
    prompt = content_id(toy.messages(problem))
    return row | {"training_prompt_id": prompt, "split": split, "weight": 1.0}


def execute(toy, text):
    """Change facts; what is derived follows them."""
    with toy.write() as connection:
        connection.execute(text).fetchall()
        make_marts(connection)


def violated(toy):
    return {violation.check: violation.num_rows for violation in run_checks(toy)}


def test_a_whole_warehouse_violates_nothing(toy):
    assert run_checks(toy) == []


def test_an_empty_warehouse_violates_nothing(tmp_path):
    assert run_checks(Toy(tmp_path)) == []


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        ("update attempts set answer_end = 1000", "offsets_lie_in_the_text"),
        ("update attempts set answer_end = null", "offsets_lie_in_the_text"),
        ("update attempts set reasoning_begin = -1", "offsets_lie_in_the_text"),
        ("update attempts set reasoning_end = answer_begin + 1", "offsets_lie_in_the_text"),
        ("update attempts set outcome = 'fine'", "values_are_known"),
        ("update verdicts set score = 2", "values_are_known"),
        ("update samplings set fields = '{}'", "ids_are_hashes"),
        ("delete from models", "attempts_have_their_parts"),
        ("delete from samplings", "attempts_have_their_parts"),
        ("delete from runs", "runs_behind_rows"),
        ("update datasets set num_items = 3", "datasets_are_whole"),
        ("update dataset_items set position = position + 1", "datasets_are_whole"),
        ("update attempts set stream = 'eval'", "no_training_on_evaluations"),
    ],
)
def test_damage_is_found(toy, damage, check):
    execute(toy, damage)
    assert violated(toy).keys() == {check}


def test_an_unknown_verdict_is_found_and_missed_in_the_sums(toy):
    execute(toy, "update verdicts set decision = 'maybe'")
    assert violated(toy) == {"values_are_known": 2, "parts_add_up": 3}


def test_a_mart_that_leaves_out_a_trace_is_found(toy):
    lost = "delete from attempt_states where attempt_id = (select min(attempt_id) from attempts)"
    with toy.write() as connection:
        connection.execute(lost).fetchall()
    (found,) = [found for found in run_checks(toy) if found.check == "marts_count_every_trace"]
    assert found.num_rows == 4
    assert {"mart": "traces", "found": 1, "expected": 2} in found.examples


@pytest.mark.parametrize(
    "wrong",
    [
        {"gain": 0.3},
        {"gain_low": 0.26},
        {"gain_high": 0.24},
        {"difference": 0.25},
        {"p_value": 1.5},
        {},
    ],
    ids=str,
)
def test_a_gain_that_is_none_is_found(toy, wrong):
    toy.run("eval", "eval")
    row = {"run_id": uid("eval"), "student": "small", "benchmark": "gsm8k", "method": "m"}
    row |= {"student_model_id": uid("student")}
    row |= {"num_problems": 40, "k": 4, "recorded": TIME.format(2), "p_value": 0.01}
    row |= {"student_pass_at_1": 0.5, "base_pass_at_1": 0.25, "teacher_pass_at_1": 0.75}
    row |= {"gain": 0.25, "gain_low": 0.1, "gain_high": 0.4}
    row |= {"difference": -0.25, "difference_low": -0.4, "difference_high": -0.1}
    toy.insert("comparisons", [row | wrong])
    assert violated(toy) == ({"rates_are_rates": 1} if wrong else {})


@pytest.mark.parametrize(
    ("parent", "outcome", "num_found"),
    [("t-p1", "length", 0), ("t-p1", "ok", 1), ("nobody", "length", 1), ("t-p2", "length", 1)],
)
def test_a_continuation_of_something_else_is_found(toy, parent, outcome, num_found):
    execute(toy, f"update attempts set outcome = '{outcome}'")
    toy.attempt("more", "p1", sample_index="0+1", parent_attempt_id=uid(parent))
    assert violated(toy).get("continuations_are_whole", 0) == num_found


def test_missing_attempts_are_found_everywhere(toy):
    execute(toy, "delete from attempts where attempt_id = (select min(attempt_id) from attempts)")
    assert violated(toy) == {
        "asked_and_answered": 1,
        "attempts_behind_results": 1,
        "datasets_are_whole": 1,
    }


def test_missing_problems_are_found(toy):
    execute(toy, "delete from problems")
    assert violated(toy) == {"problems_behind_prompts": 4}


@pytest.mark.parametrize("relation", ["problems", "verdicts", "attempts", "run_attempts"])
def test_duplicate_keys_are_found(toy, relation):
    execute(toy, f"insert into {relation} from {relation}")
    assert f"duplicate keys in {relation}" in violated(toy)


def test_rows_of_a_mart_that_are_doubled_are_found(toy):
    execute(toy, "insert into attempts from attempts limit 1")
    assert violated(toy)["duplicate rows in traces"] == 1


def test_every_mart_says_by_what_its_rows_are_told_apart():
    assert [mart.name for mart in marts() if not mart.grain] == []


def test_every_relation_is_looked_at_for_duplicates(toy, monkeypatch):
    monkeypatch.setattr(type(toy), "query", lambda self, text: [{"text": text}])
    checks = {violation.check for violation in run_checks(toy)}
    assert {f"duplicate keys in {relation}" for relation in KEYS} <= checks


def test_a_problem_in_both_splits_is_found(toy):
    execute(
        toy, "update dataset_items set training_prompt_id = (select min(prompt_id) from prompts)"
    )
    assert violated(toy) == {"splits_share_no_problem": 1}


def test_training_on_an_evaluated_problem_is_found(toy):
    toy.run("sft", "sft")
    toy.model("student")
    weights = {"weights_id": "student-weights", "base_weights_id": "b", "path": "/", "student": "s"}
    weights |= {
        "dataset_id": uid("d"),
        "run_id": uid("sft"),
        "metrics": {},
        "settings_hash": CONFIG,
    }
    toy.insert("checkpoints", [weights | {"created": TIME.format(1)}])
    evaluation = {
        "evaluation_id": uid("e"),
        "model_id": uid("student"),
        "benchmark": "gsm8k",
        "k": 1,
    }
    evaluation |= {"content_hash": CONFIG, "wording": "w", "sampling_id": uid("s")}
    toy.insert("evaluations", [evaluation])
    toy.run("eval", "eval")
    for name in ("p1", "p2"):
        toy.attempt(f"e-{name}", name, run="eval", stream="eval", model="student")
        answer = {
            "evaluation_id": uid("e"),
            "problem_id": uid(name),
            "attempt_id": uid(f"e-{name}"),
        }
        toy.insert("evaluation_items", [answer])
    assert violated(toy) == {"trained_problems_are_not_evaluated": 1}


@pytest.mark.parametrize(
    ("facts", "relation"),
    [
        ("update verdicts set decision = 'wrong'", "attempt_states"),
        ("update attempts set completion_tokens = 7", "attempt_states"),
        ("delete from filter_outcomes", "filter_outcomes"),
        ("insert into filter_outcomes from filter_outcomes", "filter_outcomes"),
    ],
)
def test_a_derived_table_that_was_left_behind_is_found(toy, facts, relation):
    toy.run("filter", "filter")
    toy.listing("run_filters", "filter", "length")
    toy.filtered("t-p1", length=True)
    assert run_checks(toy) == []
    with toy.write() as connection:
        connection.execute(facts).fetchall()
    assert f"{relation} is kept up" in violated(toy)


def test_a_violation_tells_its_check_and_some_rows(toy):
    execute(toy, "update attempts set outcome = 'fine'")
    (violation,) = run_checks(toy)
    assert violation.num_rows == 2
    assert str(violation).startswith(
        "values_are_known: 2 rows, such as {'what': 'attempts.outcome', 'value': 'fine', 'id': '"
    )
