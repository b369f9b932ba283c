r"""leaked_answer: problems that say their own answer, so that a trace of them proves nothing.

A reference answer in the prompt counts where something announces it (\boxed{7}, "#### 7",
"the answer is 7", "Answer: 7"): a number alone stands in many problems for good reasons.
"""

import re

from datagen.filters.base import KEEP, Case, Filter, Ruling, Trace, drop, response
from distill.config.base import Section

_ANNOUNCES = re.compile(
    r"\\boxed\s*\{|####|<answer>|\b(?:answer|solution|result)\b(?:\s+is\b)?\W{0,6}|答案(?:是|为)?\W{0,3}",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s+")


class LeakedAnswer(Section):
    """leaked_answer has no settings."""


def leaks(prompt: str, golds: tuple[str, ...]) -> bool:
    """Return whether a prompt announces one of the references."""
    wanted = [bare for gold in golds if (bare := _bare(gold))]
    if not wanted:
        return False
    for match in _ANNOUNCES.finditer(prompt):
        rest = _bare(prompt[match.end() : match.end() + 2 * max(map(len, wanted)) + 20])
        for gold in wanted:
            if rest.startswith(gold) and not (rest[len(gold) :][:1] or " ").isalnum():
                return True
    return False


def _bare(text: str) -> str:
    return _SPACE.sub(" ", text).strip(" $*`.").lower()


def _apply(trace: Trace, settings: LeakedAnswer) -> Ruling:
    return drop("answer in the prompt") if leaks(trace.prompt or "", trace.golds) else KEEP


def _asked(prompt: str, *golds: str) -> Trace:
    return response("Hm.", "7", prompt=prompt, golds=golds)


FILTER = Filter(
    name="leaked_answer",
    version="1",
    what="problems that say their own answer",
    level="both",
    settings=LeakedAnswer,
    apply=_apply,
    cases=(
        Case(trace=_asked(r"What is 3 + 4? \boxed{7}", "7"), reason="answer in the prompt"),
        Case(
            trace=_asked("What is 3 + 4? The answer is **7**.", "7"), reason="answer in the prompt"
        ),
        Case(trace=_asked("3 + 4?\n#### 7", "7"), reason="answer in the prompt"),
        Case(trace=_asked("Capital? Answer: Paris", "paris"), reason="answer in the prompt"),
        Case(trace=_asked("What is 3 + 4? The answer is 70 less 63.", "7"), reason="ok"),
        Case(trace=_asked("Is 7 prime? Answer yes or no.", "7"), reason="ok"),
        Case(trace=_asked("Write the answer as 7 digits.", "7"), reason="ok"),
        Case(trace=_asked("The answer is 7.", "8"), reason="ok"),
        Case(trace=_asked("The answer is 7."), reason="ok"),
        Case(trace=_asked("Answer:", ""), reason="ok"),
    ),
)
