import json
import os
from pathlib import Path

import pytest

from distill.verify.base import Check
from distill.verify.registry import decide
from tests.bench.cases import own_cases


def verdict(answer, gold):
    return decide(Check(key=0, verifier="math", answer=answer, gold={"answer": gold}))


@pytest.mark.parametrize(
    ("answer", "gold", "decision", "reason"),
    [
        (r"So \boxed{\dfrac{1}{2}}.", r"\frac{1}{2}", "correct", "equal"),
        (r"\boxed{0.5}", "1/2", "correct", "equal"),
        ("The total is 1,234 dollars.", "1234", "correct", "equal"),
        (r"\boxed{1} or \boxed{-2}", "1,-2", "correct", "equal"),
        (r"\boxed{\$32,348}", r"\$32,348", "correct", "equal"),
        (r"\boxed{Evelyn}", r"\text{Evelyn}", "correct", "equal"),
        (r"\boxed{8} is wrong, it is $9$", "9", "wrong", "different"),
        (r"\boxed{}", "9", "wrong", "no answer in the text"),
        ("I do not know.", "9", "wrong", "no answer in the text"),
        (None, "9", "wrong", "no answer"),
        (" \n", "9", "wrong", "no answer"),
        ("9", " ", "undecided", "gold is blank"),
        ("9", r"\foo{", "undecided", "gold does not parse"),
    ],
)
def test_decisions(answer, gold, decision, reason):
    got = verdict(answer, gold)
    assert (got.decision, got.reason) == (decision, reason)


def test_what_was_compared_is_kept():
    assert verdict(r"so \boxed{x=5}", "5").extracted == "x=5"
    assert verdict("He has 5 apples and then 7.", "7").extracted == "7"


def test_a_gold_of_another_shape_is_undecided():
    got = decide(Check(key=0, verifier="math", answer="9", gold={"family": "gcd"}))
    assert (got.decision, got.reason) == ("undecided", 'gold must be {"answer": text}')


@pytest.mark.parametrize("case", own_cases(), ids=lambda case: f"{case.kind}: {case.answer}")
def test_cases_by_class_of_rule(case):
    assert (verdict(case.answer, case.gold).decision == "correct") is case.expected


@pytest.mark.skipif("DISTILL_DATA" not in os.environ, reason="DISTILL_DATA is not set")
def test_references_of_math500_solve_themselves():
    lines = Path(os.environ["DISTILL_DATA"], "math500.jsonl").read_text().splitlines()
    golds = [json.loads(line)["answer"] for line in lines[::5]]
    wrong = [gold for gold in golds if verdict(f"\\boxed{{{gold}}}", gold).decision != "correct"]
    assert wrong == []


@pytest.mark.skipif("DISTILL_DATA" not in os.environ, reason="DISTILL_DATA is not set")
def test_labelled_gsm8k_outputs():
    path = Path(os.environ["DISTILL_DATA"], "gsm8k_labelled_outputs.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()[:150]]
    wrong = []
    for row in rows:
        output = row["175b_verification"]
        gold = row["ground_truth"].rsplit("A:", 1)[1].strip()
        labelled = "correct" if str(output["is_correct"]) == "True" else "wrong"
        if verdict(output["solution"], gold).decision != labelled:
            wrong.append(output)
    assert wrong == []
