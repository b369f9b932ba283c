import pytest

from tests.warehouse.toy_warehouse import CONFIG, TIME, Toy, copy_of, uid
from warehouse.checks import run_checks
from warehouse.scripts import marts


@pytest.fixture(scope="module")
def empty_file(tmp_path_factory):
    return Toy(tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="module")
def filled_file(tmp_path_factory):
    toy = Toy(tmp_path_factory.mktemp("filled"))
    with toy.write():
        fill(toy)
    return toy


@pytest.fixture
def toy(empty_file, tmp_path):
    yield from copy_of(empty_file, tmp_path)


@pytest.fixture
def filled(filled_file, tmp_path):
    yield from copy_of(filled_file, tmp_path)


def fill(toy):
    """Four traces of three problems, verified and filtered, and a request that failed."""
    toy.run("generate", "generate", day=1)
    toy.run("verify", "verify", day=2)
    toy.run("filter", "filter", day=3)
    toy.problem("p1", "gsm8k")
    toy.problem("p2", "gsm8k", "another")
    toy.problem("p3", "gym", domain="logic")
    toy.attempt("t1", "p1")
    toy.attempt("t2", "p1", sample_index=1, completion_tokens=200)
    toy.attempt("t3", "p2", stream="import/2")
    toy.attempt("t4", "p3", outcome="length", answer_begin=None, answer_end=None)
    toy.insert(
        "failures",
        [
            {"attempt_id": uid("t5"), "prompt_id": prompt, "model_id": uid("teacher")}
            | {"sampling_id": uid("s"), "stream": "datagen", "sample_index": 1, "num_tries": 5}
            | {
                "run_id": uid("generate"),
                "cause": "timeout",
                "message": "",
                "recorded": TIME.format(1),
            }
            for prompt in [
                toy.query("select prompt_id from prompts where problem_id = $p", p=uid("p3"))[0][
                    "prompt_id"
                ]
            ]
        ],
    )
    toy.listing("run_verifiers", "verify", "gym", "math")
    toy.verdict("t1", "math", "correct", score=1.0, extracted="4")
    toy.verdict("t2", "gym", "undecided")
    toy.verdict("t2", "math", "wrong")
    toy.verdict("t3", "math", "correct")
    toy.listing("run_filters", "filter", "format", "length", "repetition")
    toy.filtered("t1", format=True, length=True, repetition=True)
    toy.filtered("t2", format=True, length=False, repetition=False)
    toy.filtered("t3", format=True, length=True, repetition=False)
    toy.filtered("t4", format=False, length=False, repetition=True)


def test_every_mart_of_an_empty_warehouse_is_empty(toy):
    assert {mart.name: toy.query(mart.name) for mart in marts()} == {
        "attempt_states": [],
        "attempts_all": [],
        "continued_traces": [],
        "cost": [],
        "current_filters": [],
        "current_verdicts": [],
        "datasets_overview": [],
        "failures_by_cause": [],
        "filter_outcomes": [],
        "dropped_problems": [],
        "filter_overlap": [],
        "filter_waterfall": [],
        "first_sources": [],
        "stored_attempts": [],
        "full_traces": [],
        "length_histogram": [],
        "lineage": [],
        "pass_rate_by_problem": [],
        "recipe_runs": [],
        "scores": [],
        "student_vs_teacher": [],
        "throughput": [],
        "trace_parts": [],
        "traces": [],
        "verifier_disagreement": [],
        "yield_by_source": [],
    }


def test_every_mart_says_what_a_row_is(toy):
    comments = {
        row["name"]: row["comment"] or ""
        for row in toy.query(
            "select view_name as name, comment from duckdb_views() union all "
            "select table_name as name, comment from duckdb_tables()"
        )
    }
    assert [mart.name for mart in marts() if not comments[mart.name].startswith("One row a")] == []


def test_every_relation_and_column_has_a_comment(toy):
    silent = toy.query(
        """
        select table_name as relation, column_name as name from duckdb_columns()
        where database_name = 'warehouse' and comment is null
        union all
        select table_name, null from duckdb_tables()
        where database_name = 'warehouse' and comment is null
        """
    )
    assert silent == []


def test_a_trace_is_shown_with_its_parts(filled):
    (row,) = filled.query("select * from traces where attempt_id = $id", id=uid("t1"))
    shown = ("problem", "prompt", "reasoning", "answer", "source", "domain", "model", "outcome")
    assert {name: row[name] for name in shown} == {
        "problem": "p1",
        "prompt": "Please: p1",
        "reasoning": "é🙂 t1",
        "answer": "answer t1",
        "source": "gsm8k",
        "domain": "math",
        "model": "teacher",
        "outcome": "ok",
    }
    judged = ("verdict", "score", "extracted", "keep", "failed_filters", "completion_tokens")
    assert [row[name] for name in judged] == ["correct", 1.0, "4", True, [], 100]
    (cut,) = filled.query("select * from traces where attempt_id = $id", id=uid("t4"))
    assert (cut["reasoning"], cut["answer"], cut["verdict"]) == ("é🙂 t4", None, None)


def test_traces_say_which_filters_dropped_them(filled):
    rows = filled.query("select attempt_id, keep, failed_filters from traces")
    assert {row["attempt_id"]: (row["keep"], row["failed_filters"]) for row in rows} == {
        uid("t1"): (True, []),
        uid("t2"): (False, ["length", "repetition"]),
        uid("t3"): (False, ["repetition"]),
        uid("t4"): (False, ["format", "length"]),
    }


def test_answers_of_evaluations_are_no_traces(filled):
    filled.run("eval", "eval")
    filled.attempt("e1", "p1", run="eval", stream="eval")
    filled.attempt("j1", "p1", run="eval", stream="datagenerated")
    assert filled.query("select count(*) as n from traces") == [{"n": 4}]
    assert filled.query("select count(*) as n from attempts_all") == [{"n": 6}]


def test_a_problem_of_two_sources_counts_once(filled):
    rows = filled.query(
        "select * exclude (correct_rate_low, correct_rate_high) from yield_by_source"
    )
    names = [
        "source",
        "domain",
        "model",
        "num_problems",
        "num_traces",
        "num_failed",
        "num_truncated",
    ]
    names += [
        "num_correct",
        "num_wrong",
        "num_undecided",
        "num_unchecked",
        "num_kept",
        "num_accepted",
    ]
    names += ["mean_completion_tokens", "correct_rate"]
    assert [list(row) for row in rows] == [names] * 3
    assert [tuple(row.values()) for row in rows] == [
        ("another", "math", "teacher", 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 100.0, 1.0),
        ("gsm8k", "math", "teacher", 1, 2, 0, 0, 1, 1, 0, 0, 1, 1, 150.0, 0.5),
        ("gym", "logic", "teacher", 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 100.0, 0.0),
    ]


def test_rates_carry_wilson_intervals(filled):
    (row,) = filled.query("from yield_by_source where source = 'gsm8k'")
    # p = 1/2, n = 2, z = 1.96: centre 1/2, half width z sqrt(1/8 + z^2/16) / (1 + z^2/2)
    assert row["correct_rate_low"] == pytest.approx(0.0945, abs=5e-5)
    assert row["correct_rate_high"] == pytest.approx(0.9055, abs=5e-5)


def test_a_source_that_only_failed_has_no_rate(toy):
    toy.run("generate", "generate")
    toy.problem("p", "gsm8k")
    toy.model("teacher")
    (prompt,) = toy.query("select prompt_id from prompts")
    toy.insert(
        "failures",
        [
            {"attempt_id": uid("a"), "model_id": uid("teacher"), "sampling_id": uid("s"), **prompt}
            | {"stream": "datagen", "sample_index": 0, "run_id": uid("generate"), "num_tries": 1}
            | {"cause": "500", "message": "", "recorded": TIME.format(1)}
        ],
    )
    (row,) = toy.query("yield_by_source")
    assert (row["num_traces"], row["num_failed"], row["num_unchecked"]) == (0, 1, 0)
    assert [row[name] for name in ("correct_rate", "correct_rate_low", "correct_rate_high")] == [
        None
    ] * 3


def test_the_waterfall_tells_loss_by_rule_in_order_and_alone(filled):
    rows = filled.query(
        "select filter, num_seen, num_dropped, num_dropped_first, num_dropped_only "
        "from filter_waterfall"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("format", 4, 1, 1, 0),
        ("length", 4, 2, 1, 0),
        ("repetition", 4, 2, 1, 1),
    ]
    overlap = filled.query(
        "select filter, other_filter, num_dropped_by_both, share from filter_overlap"
    )
    assert [tuple(row.values()) for row in overlap] == [
        ("format", "length", 1, 1.0),
        ("format", "repetition", 0, 0.0),
        ("length", "format", 1, 0.5),
        ("length", "repetition", 1, 0.5),
        ("repetition", "format", 0, 0.0),
        ("repetition", "length", 1, 0.5),
    ]


def test_the_waterfall_shows_the_newest_filter_run_of_each_recipe(filled):
    filled.insert("runs", [dict(run_row("filter/2", "filter", 9), recipe={"name": "r", "x": 1})])
    filled.listing("run_filters", "filter/2", "length")
    rows = filled.query("select run_id, filter, num_seen from filter_waterfall")
    assert [tuple(row.values()) for row in rows] == [(uid("filter/2"), "length", 0)]
    (trace,) = filled.query("select keep from traces where attempt_id = $id", id=uid("t1"))
    assert (
        trace["keep"] is True
    )  # the new run is of another recipe, which never asked for this trace


def run_row(name, stage, day):
    row = {"run_id": uid(name), "stage": stage, "recipe": {"name": "r"}, "code_version": "1"}
    return row | {"host": "h", "started": TIME.format(day), "status": "finished"}


def test_a_description_makes_no_other_recipe(filled):
    described = {"name": "r", "description": "told better"}
    filled.insert("runs", [dict(run_row("filter/2", "filter", 9), recipe=described)])
    filled.listing("run_filters", "filter/2", "length")
    rows = filled.query("select attempt_id, keep from traces")
    assert {row["attempt_id"]: row["keep"] for row in rows} == {
        uid("t1"): True,
        uid("t2"): False,
        uid("t3"): True,
        uid("t4"): False,
    }


def test_traces_that_a_rule_has_not_judged_are_neither_kept_nor_dropped(filled):
    filled.attempt("t6", "p1", sample_index=7)
    filled.filtered("t6", format=True)
    filled.attempt("t7", "p1", sample_index=8)
    filled.filtered("t7", format=False)
    rows = filled.query("select attempt_id, keep from current_filters")
    kept = {row["attempt_id"]: row["keep"] for row in rows}
    assert (kept[uid("t6")], kept[uid("t7")]) == (None, False)


def test_a_filter_run_without_rules_keeps_all(toy):
    toy.run("generate", "generate")
    toy.run("filter", "filter")
    toy.problem("p")
    toy.attempt("t", "p")
    assert toy.query("select keep, failed_filters from traces") == [
        {"keep": True, "failed_filters": []}
    ]


def verdict_of(toy, attempt):
    (row,) = toy.query("select * from current_verdicts where attempt_id = $id", id=uid(attempt))
    return row["decision"], row["verifier"]


def test_the_first_verifier_that_decided_counts(filled):
    filled.verdict("t1", "gym", "undecided")
    assert verdict_of(filled, "t1") == ("correct", "math")
    filled.verdict("t3", "gym", "wrong")
    assert verdict_of(filled, "t3") == ("wrong", "gym")
    assert verdict_of(filled, "t4") == (None, None)
    filled.verdict("t4", "math", "undecided")
    filled.verdict("t4", "gym", "undecided")
    assert verdict_of(filled, "t4") == ("undecided", "gym")


def test_the_newest_run_decides_the_order_of_verifiers(filled):
    filled.verdict("t3", "gym", "wrong")
    filled.run("verify/2", "verify", day=5)
    filled.listing("run_verifiers", "verify/2", "math", "gym")
    assert verdict_of(filled, "t3") == ("correct", "math")
    filled.verdict("t4", "unlisted", "correct")
    assert verdict_of(filled, "t4") == ("correct", "unlisted")
    filled.verdict("t4", "gym", "wrong")
    assert verdict_of(filled, "t4") == ("wrong", "gym")


def test_the_newest_gold_and_version_count(filled):
    filled.verdict("t1", "math", "wrong", gold_version=2)
    assert verdict_of(filled, "t1") == ("wrong", "math")
    filled.verdict("t1", "math", "undecided", gold_version=3)
    assert verdict_of(filled, "t1") == ("undecided", "math")
    # the listed version counts, even if another was computed later
    filled.verdict("t3", "math", "wrong", verifier_version="0", recorded=TIME.format(9))
    assert verdict_of(filled, "t3") == ("correct", "math")


def test_pass_rates_leave_out_what_was_not_decided(filled):
    rows = filled.query(
        "select problem_id, num_samples, num_correct, pass_rate from pass_rate_by_problem"
    )
    assert {tuple(row.values()) for row in rows} == {
        (uid("p1"), 2, 1, 0.5),
        (uid("p2"), 1, 1, 1.0),
        (uid("p3"), 1, 0, None),
    }
    filled.attempt("t8", "p1", sample_index=2, stopping_rule={"num_correct": 1})
    (row,) = filled.query("from pass_rate_by_problem where problem_id = $p", p=uid("p1"))
    assert (row["adaptive"], row["estimator"], row["pass_rate"]) == (True, "inverse", 1.0)


def evaluation(toy, name, benchmark, model, role, student=None):
    toy.insert(
        "evaluations",
        [
            {
                "evaluation_id": uid(name),
                "model_id": toy.model(model),
                "benchmark": benchmark,
                "k": 4,
            }
            | {"content_hash": CONFIG, "wording": "plain", "sampling_id": uid("s")}
        ],
    )
    row = {"run_id": uid("eval"), "evaluation_id": uid(name), "role": role, "student": student}
    toy.insert("evaluation_roles", [row])


def score(toy, name, value, day, **more):
    row = {
        "evaluation_id": uid(name),
        "verifiers": "math 1",
        "method": "bootstrap",
        "num_problems": 40,
    }
    row |= {"pass_at_1": value, "ci_low": value - 0.1, "ci_high": value + 0.1, "num_undecided": 1}
    row |= {"num_truncated": 2, "mean_completion_tokens": 99.5, "recorded": TIME.format(day)}
    toy.insert("evaluation_scores", [row | more])


def test_scores_show_the_newest_of_each_evaluation_and_the_mean_of_all(toy):
    toy.run("eval", "eval")
    evaluation(toy, "e-base", "gsm8k", "base", "base", "small")
    evaluation(toy, "e-base", "gsm8k", "base", "base", "smaller")
    evaluation(toy, "e-teacher", "gsm8k", "teacher", "teacher")
    evaluation(toy, "e-unscored", "gsm8k", "student", "student", "small")
    score(toy, "e-base", 0.25, day=1)
    score(toy, "e-base", 0.5, day=2, verifiers="math 2")
    score(toy, "e-teacher", 0.75, day=1)
    overall = {"run_id": uid("eval"), "model_id": uid("teacher"), "role": "teacher", "method": "b"}
    overall |= {"num_problems": 80, "k": None, "pass_at_1": 0.5, "ci_low": 0.4, "ci_high": 0.6}
    overall |= {"num_undecided": 0, "num_truncated": 0, "mean_completion_tokens": 1.0}
    toy.insert("overall_scores", [overall | {"recorded": TIME.format(1)}])
    rows = toy.query("scores")
    assert list(rows[0]) == [
        *("run_id", "recipe", "evaluation_id", "model", "role", "benchmark", "num_problems", "k"),
        *("pass_at_1", "ci_low", "ci_high", "num_undecided", "num_truncated"),
        "mean_completion_tokens",
    ]
    assert [tuple(row.values())[1:] for row in rows] == [
        ("r", uid("e-base"), "base", "base", "gsm8k", 40, 4, 0.5, 0.4, 0.6, 1, 2, 99.5),
        ("r", uid("e-teacher"), "teacher", "teacher", "gsm8k", 40, 4, 0.75, 0.65, 0.85, 1, 2, 99.5),
        ("r", None, "teacher", "teacher", "overall", 80, None, 0.5, 0.4, 0.6, 0, 0, 1.0),
    ]


def test_student_vs_teacher_names_the_models_and_shows_the_newest(toy):
    toy.run("eval", "eval")
    for name in ("base", "teacher", "student"):
        toy.model(name)
    numbers = {"num_problems": 40, "k": 4, "student_pass_at_1": 0.5, "base_pass_at_1": 0.25}
    numbers |= {"teacher_pass_at_1": 0.75, "gain": 0.25, "gain_low": 0.1, "gain_high": 0.4}
    numbers |= {"difference": -0.25, "difference_low": -0.4, "difference_high": -0.1}
    numbers |= {"p_value": 0.01, "recovered": 0.5, "recovered_low": 0.2, "recovered_high": 0.8}
    row = {"run_id": uid("eval"), "student": "small", "student_model_id": uid("student")}
    row |= {
        "base_model_id": uid("base"),
        "teacher_model_id": uid("teacher"),
        "benchmark": "overall",
    }
    toy.insert("comparisons", [row | numbers | {"method": "m", "recorded": TIME.format(2)}])
    toy.insert(
        "comparisons", [row | numbers | {"gain": 0.3, "method": "m", "recorded": TIME.format(1)}]
    )
    alone = {"benchmark": "gsm8k", "base_model_id": None, "teacher_model_id": None}
    counts = {"num_problems": 40, "k": 4, "method": "m", "recorded": TIME.format(1)}
    toy.insert("comparisons", [row | alone | counts])
    first, second = toy.query("student_vs_teacher")
    assert list(first) == ["run_id", "recipe", "student", "base", "teacher", "benchmark", *numbers]
    assert tuple(first.values())[1:] == ("r", "small", None, None, "gsm8k", 40, 4, *[None] * 13)
    assert second == {
        "run_id": uid("eval"),
        **{"recipe": "r", "student": "small", "base": "base", "teacher": "teacher"},
        "benchmark": "overall",
        **numbers,
    }


def test_lineage_leads_from_an_evaluation_to_its_traces(filled):
    filled.run("sft", "sft")
    filled.run("eval", "eval")
    evaluation(filled, "e", "gsm8k", "student", "student", "small")
    prompt = filled.query("from prompts where problem_id = $p", p=uid("p1"))[0]["prompt_id"]
    dataset = {"dataset_id": uid("d"), "num_items": 1, "created": TIME.format(1)}
    filled.insert("datasets", [dataset])
    item = {"dataset_id": uid("d"), "position": 0, "attempt_id": uid("t1"), "weight": 1.0}
    filled.insert("dataset_items", [item | {"training_prompt_id": prompt, "split": "train"}])
    filled.insert(
        "checkpoints",
        [
            {"weights_id": "student-weights", "base_weights_id": "base-weights", "path": "/x"}
            | {"dataset_id": uid("d"), "run_id": uid("sft"), "student": "small", "metrics": {}}
            | {"settings_hash": CONFIG, "created": TIME.format(1)}
        ],
    )
    (row,) = filled.query("lineage")
    assert (row["evaluation_id"], row["sft_run_id"], row["trace_id"]) == (
        uid("e"),
        uid("sft"),
        uid("t1"),
    )
    assert (row["problem_id"], row["teacher"], row["trace_run_ids"]) == (
        uid("p1"),
        "teacher",
        [uid("generate")],
    )
    assert run_checks(filled) == []


def test_the_order_of_verifiers_is_that_of_a_recipe_that_asked_for_the_attempt(toy):
    for recipe, day in (("one", 1), ("two", 2)):
        toy.run(f"generate {recipe}", "generate", recipe=recipe)
        toy.run(f"verify {recipe}", "verify", recipe=recipe, day=day)
    toy.listing("run_verifiers", "verify one", "math", "judge")
    toy.listing("run_verifiers", "verify two", "judge", "math")
    toy.problem("p", "gsm8k")
    for name in ("one", "two"):
        toy.attempt(name, "p", run=f"generate {name}")
        toy.verdict(name, "math", "correct")
        toy.verdict(name, "judge", "wrong")
    verdicts = toy.query("select attempt_id, decision from current_verdicts")
    decisions = {row["attempt_id"]: row["decision"] for row in verdicts}
    assert decisions == {uid("one"): "correct", uid("two"): "wrong"}
    # asked for by the newer one too, whose order counts then
    toy.insert("run_attempts", [{"run_id": uid("generate two"), "attempt_id": uid("one")}])
    assert toy.query("select distinct decision from current_verdicts") == [{"decision": "wrong"}]


def test_verifiers_are_compared_where_both_have_checked(toy):
    toy.run("generate", "generate")
    toy.problem("p", "gsm8k")
    outcomes = [
        *[("correct", "correct")] * 3, *[("wrong", "wrong")] * 2, ("correct", "wrong"),
        ("undecided", "wrong"), ("undecided", "undecided"),
    ]  # fmt: skip
    for number, (judge, math) in enumerate(outcomes):
        toy.attempt(f"t{number}", "p", sample_index=number)
        toy.verdict(f"t{number}", "judge", judge)
        toy.verdict(f"t{number}", "math", math)
    toy.attempt("alone", "p", sample_index=99)
    toy.verdict("alone", "math", "correct")
    (row,) = toy.query("verifier_disagreement")
    assert row == {
        "domain": "math", "verifier": "judge", "other": "math", "num_traces": 8, "num_agreed": 6,
        "num_only_correct": 1, "num_only_other_correct": 0, "num_only_undecided": 1,
        "num_only_other_undecided": 0, "num_both_correct": 3, "num_decided": 6,
        "agreement": pytest.approx(5 / 6), "kappa": pytest.approx(2 / 3),
    }  # fmt: skip


def test_lengths_are_counted_in_ranges_as_wide_as_the_longest_asks_for(toy):
    toy.run("generate", "generate")
    toy.problem("p", "gsm8k")
    for number, tokens in enumerate((0, 1023, 1024, 32_768, None)):
        toy.attempt(f"t{number}", "p", sample_index=number, completion_tokens=tokens)
    toy.verdict("t0", "math", "correct")
    rows = toy.query("select * exclude (domain, model, model_id) from length_histogram")
    assert [tuple(row.values()) for row in rows] == [
        (0, 1024, 2, 1, 0, 0.5, 0.5),
        (1024, 2048, 1, 0, 0, 0.25, 0.75),
        (32_768, 33_792, 1, 0, 0, 0.25, 1.0),
    ]


def test_datasets_are_shown_with_what_is_in_them(filled):
    filled.run("dataset", "dataset", day=4)
    filled.insert("datasets", [{"dataset_id": uid("d"), "num_items": 3, "created": TIME.format(4)}])
    item = {"dataset_id": uid("d"), "training_prompt_id": uid("x"), "weight": 1.0}
    chosen = [("t1", "train"), ("t3", "train"), ("t2", "validation")]
    filled.insert(
        "dataset_items",
        [
            item | {"position": i, "attempt_id": uid(name), "split": split}
            for i, (name, split) in enumerate(chosen)
        ],
    )
    arm = {"dataset_id": uid("d"), "arm": "accepted", "selection_hash": CONFIG, "selection": {}}
    filled.insert("dataset_arms", [arm | {"run_id": uid("dataset")}])
    (row,) = filled.query("select * exclude (run_id, selection_hash) from datasets_overview")
    assert row.pop("created").day == 4
    assert row == {
        "recipe": "r", "arm": "accepted", "dataset_id": uid("d"), "num_items": 3, "num_train": 2,
        "num_validation": 1, "num_problems": 2, "num_correct": 2, "completion_tokens": 400,
        "mean_completion_tokens": pytest.approx(400 / 3), "domains": {"math": 3},
        "sources": {"another": 1, "gsm8k": 2}, "students": [],
    }  # fmt: skip
