"""A model as judge, where no rule can check: it compares an answer with the reference, as JSON.

R1's data were judged so where rules did not reach (arXiv 2501.12948 v2, B.3.3): the judge writes
{"analysis", "correctness"}. What is not such JSON decides nothing.
Gold: {"answer": text}, the reference.
"""

import json
import re
from typing import Any

from distill.verify.base import Verdict, Verifier

PROMPT = """\
Compare the answer of a model with the reference answer to a problem. They agree if they say the \
same, whatever the wording, notation or order; judge what the model settles on at its end, not how \
it gets there. Do not solve the problem yourself: the reference is right.

Write one JSON object and nothing after it:
{{"analysis": "one or two sentences on where they agree or differ", "correctness": "correct" or \
"incorrect"}}

<problem>
{problem}
</problem>

<reference>
{reference}
</reference>

<answer>
{answer}
</answer>"""
_VALUES = {"correct": True, "true": True, "incorrect": False, "false": False, "wrong": False}
_CORRECTNESS = re.compile(r'"correctness"')
_LONE_BACKSLASH = re.compile(r'(?<!\\)\\(?!["\\/bfnrtu])')
"""Of LaTeX in an analysis: JSON has no such escape."""
MAX_OBJECTS = 20


def question(problem: str, reference: str, answer: str, max_answer_chars: int) -> str:
    """Return what the judge is asked; of a long answer its end, where it settles."""
    shown = answer[-max_answer_chars:]
    return PROMPT.format(problem=problem, reference=reference, answer=shown)


def ruling(text: str) -> Verdict:
    """Return the verdict in what a judge wrote; never raises.

    The last JSON object with a "correctness" counts: judges quote the form before they fill it in.
    """
    for value in reversed(_objects(text)):
        given = value.get("correctness")
        correct = given if isinstance(given, bool) else _VALUES.get(str(given).strip().lower())
        if correct is not None:
            analysis = value.get("analysis")
            return Verdict(
                decision="correct" if correct else "wrong",
                score=float(correct),
                reason="judged",
                extracted=analysis if isinstance(analysis, str) else None,
            )
    return Verdict(decision="undecided", reason="the judge wrote no JSON {analysis, correctness}")


def _objects(text: str) -> list[dict[str, Any]]:
    """Return the JSON objects around the last mentions of "correctness"."""
    text = _LONE_BACKSLASH.sub(r"\\\\", text)
    decoder = json.JSONDecoder(strict=False)  # models write raw line ends in strings
    found = []
    for mention in [match.start() for match in _CORRECTNESS.finditer(text)][-MAX_OBJECTS:]:
        begins = [match.start() for match in re.finditer(r"\{", text[:mention])]
        for begin in reversed(begins[-MAX_OBJECTS:]):
            try:
                value, end = decoder.raw_decode(text, begin)
            except (ValueError, RecursionError):
                continue
            if end > mention and isinstance(value, dict):
                found.append(value)
                break
    return found


def _check_gold(gold: Any) -> str | None:
    if not isinstance(gold, dict) or not isinstance(gold.get("answer"), str):
        return 'must be {"answer": text}'
    return None if gold["answer"].strip() else "is blank"


VERIFIER = Verifier(
    name="judge",
    version=lambda: "1",
    settings={"prompt": PROMPT},
    load=lambda settings: None,
    check=lambda answer, gold: ruling(answer),
    check_gold=_check_gold,
)
"""Its `check` is given what the judge wrote."""
