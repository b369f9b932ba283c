"""Multiple choice, text, what judges write, and majorities."""

import json
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.verify.base import Check
from distill.verify.judge import question, ruling
from distill.verify.majority import ballot
from distill.verify.registry import VERIFIERS, decide

CITIES = {"A": "Paris", "B": "Rome", "C": "New York"}
PIECES = [
    "A",
    "(B)",
    "\\boxed{",
    "}",
    "answer is ",
    "{",
    '"correctness"',
    ":",
    '"',
    "\\",
    " ",
    "\n",
]
ANY = st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=80)


def decision(verifier, text, /, **gold):
    return decide(Check(key=0, verifier=verifier, answer=text, gold=gold)).decision


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (r"So \boxed{B}.", "correct"),
        (r"\boxed{\text{(B)}}", "correct"),
        (r"\boxed{\textbf{(B)}\ Rome}", "correct"),
        (r"\boxed{Rome}", "correct"),
        ("The answer is (B).", "correct"),
        ("The correct option is **B**", "correct"),
        ("<answer>B) Rome</answer>", "correct"),
        ("It cannot be A.\nB", "correct"),
        ("The answer is B because (A) and (C) are wrong.", "correct"),
        ("The answer is A. Wait, the answer is B.", "correct"),
        ("so the answer is b", "correct"),
        ("not (A), rather (B)", "correct"),
        ("The answer is Better left open", "wrong"),
        (r"\boxed{A}", "wrong"),
        (r"\boxed{\text{A and B}}", "wrong"),
        ("The answer is A or B.", "wrong"),
        ("A good question.", "wrong"),
        (r"\boxed{New York}", "wrong"),
    ],
)
def test_choices(answer, expected):
    assert decision("choice", answer, answer="B", choices=CITIES) == expected


def test_texts():
    assert decision("exact-text", "The answer is: **New  york.**", answer="New York") == "correct"
    assert decision("exact-text", "York", answers=["New York", "york"]) == "correct"
    assert decision("exact-text", "New Yorck", answer="New York") == "wrong"
    assert decision("fuzzy-text", "the treaty of Versailes", answer="Treaty of Versailles") == (
        "correct"
    )
    assert decision("fuzzy-text", "in 1918", answer="in 1919") == "wrong"
    assert decision("fuzzy-text", "It is not possible", answer="It is possible") == "wrong"
    assert decision("fuzzy-text", "London", answer="Lisbon") == "wrong"


@pytest.mark.parametrize("verifier", ["choice", "exact-text", "fuzzy-text", "judge", "majority"])
@pytest.mark.parametrize("gold", [{}, {"answer": None}, {"answer": ""}, {"answer": 3}, []])
def test_golds_of_another_shape_are_undecided(verifier, gold):
    check = Check(key=0, verifier=verifier, answer="A", gold=gold)
    assert decide(check).decision == "undecided"


def test_a_check_that_raises_is_undecided(monkeypatch):
    def fail(answer, gold):
        raise ZeroDivisionError

    monkeypatch.setitem(VERIFIERS, "math", replace(VERIFIERS["math"], check=fail))
    verdict = decide(Check(key=0, verifier="math", answer="1", gold={"answer": "1"}))
    assert (verdict.decision, verdict.reason) == ("undecided", "raised ZeroDivisionError")


def test_a_judge_answers_in_json():
    assert ruling('{"analysis": "same", "correctness": "correct"}').decision == "correct"
    assert ruling('```json\n{"analysis": "no",\n "correctness": "incorrect"}\n```').score == 0.0
    assert ruling('{"correctness": true}').decision == "correct"
    assert ruling(r'{"analysis": "$\sqrt{2}$ is $\alpha$", "correctness": "correct"}') == (
        ruling(json.dumps({"analysis": r"$\sqrt{2}$ is $\alpha$", "correctness": True}))
    )


def test_the_last_ruling_counts_and_broken_ones_decide_nothing():
    form = '{"analysis": "...", "correctness": "correct"}'
    assert ruling(form + ' So: {"analysis": "x", "correctness": "incorrect"}').decision == "wrong"
    for broken in (
        '{"analysis": "x", "correctness": ',
        '{"correctness": "perhaps"}',
        "correct",
        "",
    ):
        assert ruling(broken).decision == "undecided"
    assert ruling("[" * 100_000 + '{"correctness": ' + "[" * 100_000).decision == "undecided"


def test_of_a_long_answer_the_judge_sees_the_end():
    assert question("p {x}", "r", "abcdef", 3).endswith("<answer>\ndef\n</answer>")


def test_votes_are_counted_by_meaning():
    counted = ballot(UUID(int=1), [r"\boxed{1/2}", r"\boxed{0.5}", r"\boxed{3}", None])
    assert counted.votes == {"1/2": 1, "0.5": 1, "3": 1}
    equal = [c.key[1:] for c in counted.checks() if decide(c).decision == "correct"]
    assert equal == [("1/2", "0.5")]
    assert counted.winner(equal, min_votes=2, min_share=0.4) == "1/2"
    assert counted.winner(equal, min_votes=2, min_share=0.5) is None
    assert counted.winner(equal, min_votes=3, min_share=0.0) is None
    assert ballot(UUID(int=1), [None]).winner([], min_votes=1, min_share=0.0) is None


@given(ANY)
def test_no_kind_raises_on_any_text(text):
    for name in ("choice", "exact-text", "fuzzy-text"):
        verdict = decide(Check(key=0, verifier=name, answer=text, gold={"answer": "A"}))
        assert not verdict.reason.startswith("raised"), verdict.reason
        gold = {"answer": text}
        assert not decide(Check(key=0, verifier=name, answer="A", gold=gold)).reason.startswith(
            "raised"
        )
    assert ruling(text).decision in ("correct", "wrong", "undecided")
    ballot(UUID(int=1), [text])


@given(st.text(min_size=1, max_size=40))
def test_a_text_is_itself(text):
    if (
        VERIFIERS["exact-text"].check_gold({"answer": text}) is None
        and "answer" not in text.lower()
    ):
        plain = " ".join(text.split())
        if plain and "boxed" not in plain and "<" not in plain:
            assert decision("exact-text", plain, answer=plain) == "correct"
