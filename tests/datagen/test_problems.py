import pytest

from datagen import prompts
from datagen.problem_report import marked
from tests.datagen.toy_datagen import context_of, file_source, recipe_of, rows_of, said, write_lines

BENCHMARK = (
    "A farmer has twelve red hens and each hen lays four eggs a week, how many eggs is that in all?"
)
STORY = (
    "Ann has {} apples, gives {} of them to Ben, then buys some more until she has twice as many"
)


def run(tmp_path, rows, *rules, **more):
    held = write_lines(
        tmp_path / "held.jsonl", [{"problem": BENCHMARK}, {"problem": "Is 2 prime?"}]
    )
    path = write_lines(tmp_path / "rows.jsonl", [{"q": q, "a": f"#### {a}"} for q, a in rows])
    recipe = recipe_of(
        file_source(path),
        problem_filters=[{"name": name} for name in rules],
        decontamination={"files": [held]},
        **more,
    )
    context = context_of(tmp_path, recipe)
    prompts.check(context)
    prompts.run(context)
    return context


def outcomes(context):
    rows = rows_of(
        context,
        "select text, filter, reason from problem_filter_results join problems using (problem_id) "
        "where not keep order by text",
    )
    return [(row["text"][:12], row["filter"], row["reason"]) for row in rows]


def test_contaminated_problems_are_not_asked_and_shown_with_what_they_share(tmp_path):
    rows = [
        ("Say: " + BENCHMARK.replace("lays", "makes"), 1),  # ten words in a row are left
        ("is 2 PRIME", 2),
        ("How many eggs does a hen lay in a week, if it lays four of them a month?", 3),
    ]
    context = run(tmp_path, rows, "contaminated")
    shares = "shares words with a benchmark"
    assert outcomes(context) == [
        ("Say: A farme", "contaminated", shares),
        ("is 2 PRIME", "contaminated", shares),
    ]
    assert len(rows_of(context, "from run_prompts")) == 1
    (row,) = rows_of(
        context, "from problem_filter_results where evidence is not null and score > 20"
    )
    (span,) = row["evidence"]["shared"]
    assert (span["where"], span["reference"]) == ("held.jsonl", BENCHMARK)
    report = (context.home.root / "reports" / "toy-problems.md").read_text()
    assert "[[A farmer has twelve red hens and each hen]]" not in report  # eight words are no run
    assert "four eggs a week, how many eggs is that in all]]" in report
    assert "| sums | contaminated | held.jsonl | 2 |" in report
    assert "why, one by one:" in said(context)
    assert "1 problems to ask." in said(context)


def test_a_second_run_rules_on_nothing_again(tmp_path):
    rows = [(f"What is {n} + {n}?", 2 * n) for n in range(5)] * 2
    rules = ("contaminated", "leaked_answer", "duplicate_problem")
    run(tmp_path, rows, *rules)
    context = run(tmp_path, rows, *rules)
    assert "Nothing is new." in said(context)
    assert len(rows_of(context, "from problem_filter_results")) == 15
    assert not (context.home.root / "reports").exists()  # nothing was dropped


def test_answers_in_the_problem(tmp_path):
    rows = [("What is 3 + 4? Answer: 7", 7), ("What is 3 + 5? Answer: 7", 8)]
    context = run(tmp_path, rows, "leaked_answer")
    assert outcomes(context) == [("What is 3 + ", "leaked_answer", "answer in the prompt")]


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (STORY.format(5, 2) + " ", None),  # one problem, by its id
        (STORY.format(5, 2).upper(), "nearly the same text"),
        (STORY.format(5, 2) + " as Ben.", "nearly the same text"),
        (STORY.format(5, 3) + " as Ben.", None),  # other numbers, another problem
        ("Ann buys 5 plums, and Ben has 2 until then.", None),
    ],
)
def test_near_duplicates_go_by_words_and_numbers(tmp_path, other, reason):
    context = run(tmp_path, [(STORY.format(5, 2), 1), (other, 2)], "duplicate_problem")
    assert [outcome[2] for outcome in outcomes(context)] == ([reason] if reason else [])


def test_operators_tell_problems_apart(tmp_path):
    rows = [(f"Compute the value of 5 {sign} 3, please, as a number", 1) for sign in "+-*/"]
    assert outcomes(run(tmp_path, rows, "duplicate_problem")) == []


def test_the_first_of_several_duplicates_is_asked(tmp_path):
    rows = [(STORY.format(5, 2) + end, 1) for end in ("", " as Ben", " as Bob", " as Eve")]
    context = run(tmp_path, rows, "duplicate_problem")
    (asked,) = rows_of(context, "select text from run_prompts join prompts using (prompt_id) "
                                "join problems using (problem_id)")  # fmt: skip
    assert asked["text"] == STORY.format(5, 2)
    assert {reason for _, _, reason in outcomes(context)} == {"nearly the same text"}


def test_spans_are_marked_and_long_stretches_cut():
    assert marked("abcdef", [(1, 3), (2, 4), (5, 6)]) == "a[[bcd]]e[[f]]"
    text = "x" * 500 + "YY" + "z" * 500
    assert marked(text, [(500, 502)]) == "… " + "x" * 200 + "[[YY]]" + "z" * 200 + " …"
