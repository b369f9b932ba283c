import contextlib
import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from datagen.sources.layouts import FIELDS, LAYOUTS, read_layout, reference
from datagen.sources.responses import fielded, tagged
from distill.cli.main import app
from distill.config.prompts import FileSource
from distill.errors import UserError
from tests.datagen.toy_datagen import write_lines
from tests.warehouse.toy_pool import InProcessPool
from warehouse.database import Warehouse

OPENR1 = {
    "problem": "What is 2 + 3?",
    "solution": r"Thus \boxed{5}.",
    "answer": "5",
    "generations": [
        "<think>\n2 + 3\n</think>\n\n\\boxed{5}",
        "<think>\nfour?",
        "<think>\nso",
        None,
    ],
    "is_reasoning_complete": [True, False, True, True],
    "finish_reasons": [None, None, "length", None],
    "messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}],
}
OPENTHOUGHTS = {
    "system": "Think first.",
    "conversations": [
        {"from": "user", "value": "What is 2 * 3?"},
        {
            "from": "assistant",
            "value": "<|begin_of_thought|>\n\n2 * 3\n\n<|end_of_thought|>\n\n"
            "<|begin_of_solution|>\n\n\\boxed{6}\n\n<|end_of_solution|>",
        },
    ],
}
METADATA = {
    "problem": "What is 1 + 1?",
    "deepseek_reasoning": "One and one.",
    "deepseek_solution": r"\boxed{2}",
    "ground_truth_solution": r"They make \boxed{2}.",
    "domain": "math",
}
S1K = {
    "question": "What is 9 - 1?",
    "solution": "8",
    "thinking_trajectories": ["One less than nine."],
    "attempt": "It is 8.",
}
S1K_1_1 = {
    "question": "What is 9 - 1?",
    "solution": "8",
    "deepseek_thinking_trajectory": "9 - 1",
    "deepseek_attempt": r"\boxed{7}",
    "gemini_thinking_trajectory": "nine less one",
    "gemini_attempt": r"\boxed{8}",
}
SHAREGPT = {
    "conversations": [
        {"from": "human", "value": "Hello."},
        {"from": "gpt", "value": "Hello!"},
        {"from": "human", "value": "What is 5 - 5?"},
        {"from": "gpt", "value": "<think>five less five</think>0"},
    ],
}
MESSAGES = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is 7 + 7?"},
        {"role": "assistant", "content": "14", "reasoning_content": "twice seven"},
    ],
    "answer": 14,
}
ROWS = {
    "openr1-math": OPENR1,
    "openthoughts": METADATA,
    "s1k": S1K,
    "sharegpt": SHAREGPT,
    "messages": MESSAGES,
}


def parts(response):
    def cut(span):
        return None if span[0] is None else response.text[slice(*span)]

    return cut(response.reasoning), cut(response.answer)


def test_openr1_math_has_several_generations_some_cut_off():
    laid = read_layout(OPENR1, "auto", "row 1")
    assert (laid.problem, laid.gold, laid.messages) == ("What is 2 + 3?", "5", None)
    assert [parts(response) for response in laid.responses] == [
        ("\n2 + 3\n", "\n\n\\boxed{5}"),
        ("\nfour?", None),
        ("\nso", None),
    ]
    assert [response.outcome for response in laid.responses] == ["ok", "length", "length"]


def test_openthoughts_as_conversation_and_as_fields():
    laid = read_layout(OPENTHOUGHTS, "auto", "row 1")
    assert laid.problem == "What is 2 * 3?"
    assert laid.messages == [
        {"role": "system", "content": "Think first."},
        {"role": "user", "content": "What is 2 * 3?"},
    ]
    assert parts(laid.responses[0]) == ("\n\n2 * 3\n\n", "\n\n\\boxed{6}\n\n")
    assert laid.responses[0].text == OPENTHOUGHTS["conversations"][1]["value"]  # as received
    assert read_layout(OPENTHOUGHTS, "openthoughts", "row 1") == laid
    laid = read_layout(METADATA, "auto", "row 1")
    assert (laid.problem, laid.gold) == ("What is 1 + 1?", "2")
    assert laid.responses == (fielded("One and one.", r"\boxed{2}"),)


def test_s1k_and_the_traces_of_two_models():
    laid = read_layout(S1K, "auto", "row 1")
    assert (laid.gold, parts(laid.responses[0])) == ("8", ("One less than nine.", "It is 8."))
    laid = read_layout(S1K_1_1, "auto", "row 1")
    assert [(r.model, parts(r)) for r in laid.responses] == [
        ("deepseek", ("9 - 1", r"\boxed{7}")),
        ("gemini", ("nine less one", r"\boxed{8}")),
    ]


def test_of_a_conversation_the_last_answer_counts_and_all_before_it_is_its_problem():
    laid = read_layout(SHAREGPT, "auto", "row 1")
    assert laid.problem == "user: Hello.\n\nassistant: Hello!\n\nuser: What is 5 - 5?"
    assert [turn["role"] for turn in laid.messages] == ["user", "assistant", "user"]
    assert parts(laid.responses[0]) == ("five less five", "0")
    laid = read_layout(MESSAGES, "auto", "row 1")
    assert (laid.problem, laid.gold) == ("What is 7 + 7?", "14")
    assert parts(laid.responses[0]) == ("twice seven", "14")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"text": "x"}, "row 1: its fields are of no known layout .*: text"),
        ({"problem": "p", "generations": "g"}, "field 'generations' is str, not a list"),
        ({"problem": " ", "generations": ["g"]}, "field 'problem' is blank"),
        ({"problem": "p", "generations": [None]}, "it holds no response"),
        ({"conversations": []}, "last turn is of nobody"),
        ({"conversations": ["x"]}, "holds str, not objects"),
        ({"conversations": SHAREGPT["conversations"][:3]}, "last turn is of user, so there is no"),
        ({"conversations": SHAREGPT["conversations"][1:2]}, "nobody asks anything"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "a turn of 'tool'"),
        ({"messages": [{"role": "user", "content": 5.5}, {"role": "assistant"}]}, "no field 'con"),
    ],
)
def test_what_is_wrong_with_a_row_is_told(row, message):
    with pytest.raises(UserError, match=message):
        read_layout(row, "auto", "row 1")


def test_every_layout_can_be_named_and_told_by_its_fields():
    named = set(FileSource.model_fields["layout"].annotation.__args__[0].__args__)
    assert named == {"auto", *LAYOUTS}
    assert list(FIELDS) == list(LAYOUTS)
    for name, row in ROWS.items():
        assert read_layout(row, "auto", "row") == read_layout(row, name, "row")


def test_a_reference_is_what_is_boxed_or_a_short_line():
    assert reference(r"First \boxed{1}, then \boxed{\frac{1}{2}}.") == r"\frac{1}{2}"
    assert [reference(value) for value in (" 7 ", 7, 0.5)] == ["7", "7", "0.5"]
    assert [reference(value) for value in ("", "a\nb", "x" * 201, None, ["7"], True)] == [
        None
    ] * 5 + ["True"]


def test_unfinished_marks_leave_the_text_whole():
    assert parts(tagged("<|begin_of_thought|>never ended")) == (
        None,
        "<|begin_of_thought|>never ended",
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "content", "from", "value", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)
NAMES = sorted({name for row in (*ROWS.values(), OPENTHOUGHTS, S1K_1_1) for name in row})


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(st.sampled_from(NAMES), JSON | st.text(), max_size=6))
def test_any_row_is_read_or_refused(row):
    for layout in ("auto", *LAYOUTS):
        with contextlib.suppress(UserError):
            read_layout(row, layout, "row")


@pytest.fixture
def imported(tmp_path, monkeypatch):
    """Return a function that imports a file and returns what the command says."""
    monkeypatch.setattr("warehouse.verdicts.VerifierPool", InProcessPool)
    runner = CliRunner(env={"DISTILL_HOME": str(tmp_path), "COLUMNS": "200"})

    def run(path, *options):
        done = runner.invoke(
            app, ["warehouse", "import", str(path), "--source", "theirs", *options]
        )
        if done.exception:
            raise done.exception
        return done.output

    return run


def traces(folder):
    columns = "source, model, problem, reasoning, answer, verdict, outcome, prompt, stream"
    return Warehouse(folder / "warehouse.duckdb", "test").query(
        f"select {columns} from traces order by all"
    )


def test_a_file_is_imported_and_checked_and_twice_changes_nothing(tmp_path, imported):
    path = write_lines(tmp_path / "a.jsonl", [OPENR1, S1K_1_1, MESSAGES])
    said = imported(path, "--licence", "MIT", "--model", "someone")
    assert "6 traces imported, 6 new" in said
    assert "6 traces: 3 correct, 3 wrong" in said
    rows = traces(tmp_path)
    assert [(row["model"], row["verdict"]) for row in rows] == [
        ("deepseek", "wrong"),
        ("gemini", "correct"),
        *[("someone", verdict) for verdict in ("correct", "wrong", "wrong", "correct")],
    ]
    assert {row["stream"] for row in rows} == {"import"}
    tables = Warehouse(tmp_path / "warehouse.duckdb", "test").query("from duckdb_tables()")
    sizes = {table["table_name"]: table["estimated_size"] for table in tables}
    said = imported(path, "--licence", "MIT", "--model", "someone")
    assert "6 traces imported, nothing is new" in said
    assert traces(tmp_path) == rows
    tables = Warehouse(tmp_path / "warehouse.duckdb", "test").query("from duckdb_tables()")
    assert {table["table_name"]: table["estimated_size"] for table in tables} == sizes


def test_the_same_traces_in_another_file_are_known(tmp_path, imported):
    imported(write_lines(tmp_path / "a.jsonl", [OPENR1]))
    table = pa.Table.from_pylist([OPENR1])
    pq.write_table(table, tmp_path / "b.parquet")
    assert "nothing is new" in imported(tmp_path / "b.parquet")
    with gzip.open(tmp_path / "c.jsonl.gz", "wt") as file:
        file.write(json.dumps(OPENR1))
    assert "nothing is new" in imported(tmp_path / "c.jsonl.gz")
    assert len(traces(tmp_path)) == 3


def test_a_prompt_is_kept_as_it_was_asked(tmp_path, imported):
    imported(write_lines(tmp_path / "a.jsonl", [MESSAGES]))
    (prompt,) = Warehouse(tmp_path / "warehouse.duckdb", "test").query(
        "select messages, wording from attempts join prompts using (prompt_id)"
    )
    assert prompt == {"messages": MESSAGES["messages"][:2], "wording": "import"}


def test_broken_rows_are_told_with_their_lines_and_counted(tmp_path, imported):
    lines = [json.dumps(S1K), "{broken", "[]", json.dumps({"text": "\x1b[2J"}), "", "\xff{"]
    path = tmp_path / "a.jsonl"
    path.write_bytes("\n".join(lines).encode("latin-1"))
    said = imported(path)
    assert "1 traces imported, 1 new" in said
    assert "4 broken rows left out:" in said
    for line, why in {2: "broken", 3: "a list, not", 4: "its fields", 6: "broken"}.items():
        assert f"line {line}: {why}" in said
    assert "\x1b" not in said


def test_what_cannot_be_imported_is_refused(tmp_path, imported):
    path = write_lines(tmp_path / "a.jsonl", [S1K])
    for options, message in [
        (("--layout", "s1"), r"--layout 's1' \(did you mean 's1k'\?\)"),
        (("--domain", "maths"), r"--domain 'maths' \(did you mean 'math'\?\)"),
    ]:
        with pytest.raises(UserError, match=message):
            imported(path, *options)
    with pytest.raises(UserError, match="no such file"):
        imported(tmp_path / "b.jsonl")
