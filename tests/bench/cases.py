r"""Answers with the verdict that they must get: our own, and the labelled sets of DISTILL_DATA."""

import json
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.skipped import Skipped

HERE = Path(__file__).parent
OUTPUTS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A reference, what a model answered, and what the verdict must be."""

    kind: str
    gold: str
    answer: str
    expected: bool


def own_cases(name: str = "verdicts.txt") -> Iterator[Case]:
    """Yield the cases of a file."""
    kind = ""
    for line in (HERE / name).read_text().splitlines():
        if line.startswith("# "):
            kind = line[2:]
        elif line.startswith(("= ", "! ")):
            gold, _, answer = line[2:].partition(" || ")
            text = answer[2:] if answer.startswith("> ") else f"\\boxed{{{answer}}}"
            yield Case(kind=kind, gold=gold, answer=text, expected=line[0] == "=")


def data() -> Path:
    """Return the folder of public data.

    Raises:
        Skipped: if there is none.
    """
    if folder := os.environ.get("DISTILL_DATA"):
        return Path(folder)
    raise Skipped("set DISTILL_DATA to the folder with the labelled sets")


def lines(name: str) -> list[dict[str, Any]]:
    """Return the rows of a JSONL file of DISTILL_DATA."""
    return [json.loads(line) for line in (data() / name).read_text().splitlines()]


def judged(name: str) -> dict[str, bool]:
    """Return the labels of a set that were judged by hand, by id."""
    labels = tomllib.loads((HERE / "judged.toml").read_text())[name]
    return {row: label["correct"] for row, label in labels.items()}


def upstream(*, corrected: bool) -> Iterator[Case]:
    """Yield math-verify's own test cases."""
    right = judged("upstream") if corrected else {}
    for row in lines("math_verify_cases.jsonl"):
        label = right.get(f"{row['source']}:{row['line']}", bool(row["expected"]))
        yield Case(kind="upstream", gold=row["gold"], answer=row["pred"], expected=label)


def gsm8k() -> Iterator[Case]:
    """Yield labelled outputs of four models on GSM8K."""
    for row in lines("gsm8k_labelled_outputs.jsonl"):
        gold = row["ground_truth"].rsplit("A:", 1)[1].strip()
        for name in OUTPUTS:
            label = str(row[name]["is_correct"]) == "True"
            yield Case(kind="gsm8k", gold=gold, answer=row[name]["solution"], expected=label)


def pilot() -> Iterator[Case]:
    """Yield a distilled model's traces on MATH-500, reasoning and answer both."""
    right = judged("pilot")
    for row in lines("r1_distill_qwen7b_math500_pilot.jsonl"):
        label = right.get(row["item_id"], row["is_correct"])
        for text in (row["answer_text"], row["full_response"]):
            yield Case(kind="pilot", gold=row["ground_truth"], answer=text, expected=label)


def math500() -> Iterator[Case]:
    """Yield MATH-500's references, each as its own answer."""
    for row in lines("math500.jsonl"):
        answer = f"So it is $\\boxed{{{row['answer']}}}$."
        yield Case(kind="math500", gold=row["answer"], answer=answer, expected=True)
