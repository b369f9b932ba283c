"""reasoning-gym's own scorers: the program that made a problem says whether an answer solves it.

Correct is a score of at least 0.99: scorers give partial credit to wrong answers and to prose.
Gold: {"family", "settings", "entry"}, and "tuples": true where the scorer wants lists as tuples.
"""

import json
import math
import re
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from distill.config.prompts import Verification
from distill.errors import UserError
from distill.ids import canonical_json
from distill.verify.base import Verdict, Verifier
from distill.verify.extract import final_answer

CORRECT = 0.99
_CODE = re.compile(
    r"__|\blambda\b.*:|\b(?:[gs]etattr|delattr|globals|locals|vars|exec|eval|compile|open)\s*\("
)
"""Some scorers evaluate the answer as Python; what could change the scorer is kept from them."""


def _load(settings: Verification) -> None:
    import reasoning_gym  # noqa: F401


def _check(answer: str, gold: dict[str, Any]) -> Verdict:
    entry = as_entry(gold)
    reference = str(entry["answer"] or "").strip()
    text = final_answer(answer, num_lines=max(1, len(reference.splitlines())))
    if not reference.endswith("."):
        text = text.removesuffix(".")
    if _CODE.search(text) and text != reference:
        return Verdict(decision="undecided", reason="answer holds code", extracted=text)
    judge = scorer(gold["family"], canonical_json(gold.get("settings", {})))
    score = judge.score_answer(text, entry)
    if not isinstance(score, int | float) or not math.isfinite(score):
        return Verdict(decision="undecided", reason="score is no number", extracted=text)
    score = min(max(float(score), 0.0), 1.0)
    if score >= CORRECT:
        return Verdict(decision="correct", score=score, reason="solved", extracted=text)
    return Verdict(decision="wrong", score=score, reason="not solved", extracted=text)


@lru_cache(maxsize=64)
def scorer(family: str, settings: str) -> Any:
    """Return a dataset of `family` to score with; some scorers read its settings (JSON)."""
    from reasoning_gym.factory import DATASETS

    dataset, configuration = DATASETS[family]
    return dataset(config=configuration(**json.loads(settings), seed=0, size=1))


def as_entry(gold: dict[str, Any]) -> dict[str, Any]:
    """Return the entry of a gold as its scorer wants it."""
    entry: dict[str, Any] = _with_tuples(gold["entry"]) if gold.get("tuples") else gold["entry"]
    return entry


def _with_tuples(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_with_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _with_tuples(item) for key, item in value.items()}
    return value


def make_gold(family: str, settings: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    """Return the gold of an entry as JSON data that scores as the entry itself does.

    The entry's index is left out: the same problem drawn from another seed is the same gold.

    Raises:
        UserError: if no JSON form of the entry scores alike.
    """
    metadata = {key: value for key, value in entry["metadata"].items() if key != "source_index"}
    try:
        stored = json.loads(json.dumps({**entry, "metadata": metadata}, default=_plain))
    except (TypeError, ValueError) as error:
        raise UserError(f"reasoning-gym {family!r}: its entries are not JSON: {error}") from error
    score = scorer(family, canonical_json(settings)).score_answer
    wanted = _outcomes(score, entry, entry)
    gold = {"family": family, "settings": settings, "entry": stored}
    for candidate in (gold, gold | {"tuples": True}):
        if _outcomes(score, entry, as_entry(candidate)) == wanted:
            return candidate
    raise UserError(
        f"reasoning-gym {family!r}: its entries do not score alike once they are stored as JSON. "
        "Take the family out of the recipe."
    )


def _plain(value: Any) -> Any:
    """Return numpy's numbers and arrays, and sets, as JSON data."""
    if isinstance(value, set | frozenset):
        return sorted(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(type(value).__name__)


def _outcomes(score: Any, original: dict[str, Any], entry: dict[str, Any]) -> list[Any]:
    """Score the original's answer; where it has none, whatever its metadata holds, examples too."""
    answers = [original["answer"]]
    if original["answer"] is None:
        answers = list(original["metadata"].values())
    return [
        _outcome(score, a if isinstance(a, str) else json.dumps(a, default=str), entry)
        for a in answers
    ]


def _outcome(score: Any, answer: str, entry: dict[str, Any]) -> Any:
    try:
        return score(answer, entry)
    except Exception as error:
        return type(error)


def _check_gold(gold: Any) -> str | None:
    if not isinstance(gold, dict) or not isinstance(gold.get("family"), str):
        return 'must be {"family", "settings", "entry"}'
    entry = gold.get("entry")
    if not isinstance(entry, dict) or not {"question", "answer", "metadata"} <= entry.keys():
        return 'needs an entry with "question", "answer" and "metadata"'
    return None


VERIFIER = Verifier(
    name="reasoning-gym",
    version=lambda: f"1/reasoning-gym-{version('reasoning-gym')}",
    settings={"correct": CORRECT},
    load=_load,
    check=_check,
    check_gold=_check_gold,
)
