"""Traces of R1's lengths, a domain each in the 800k's proportions, made up from real ones.

Paragraphs of real R1 and R1-Distill responses are drawn until a trace has its length, log-normal
around its domain's mean; a few carry what rules look for. The same numbers give the same traces.
"""

import json
import math
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOMAINS = {  # traces of the 800k, mean tokens
    "math": (395_285, 6_094),
    "code": (211_129, 7_436),
    "stem": (10_124, 4_929),
    "logic": (10_395, 2_739),
    "general": (177_812, 1_420),
}
CHARS_A_TOKEN = 3.6
SPREAD = 0.5
BLEMISHES = 0.08
"""Share of traces with something that a rule looks for."""
ANSWER = "\n\nSo the final result follows, and the answer is \\boxed{%d}."


@dataclass(frozen=True, kw_only=True)
class Made:
    """A trace, and what was done to it."""

    domain: str
    reasoning: str
    answer: str
    blemish: str | None


def real_paragraphs(data: Path) -> list[str]:
    """Return the paragraphs of all real traces, in their order."""
    texts = [row["response"] for row in json.loads((data / "r1_traces_star1.json").read_text())]
    for name in ("r1_traces_misguided_attention.json", "r1_0528_traces_misguided_attention.json"):
        for row in json.loads((data / name).read_text())["results"]:
            texts += [text for text in row["thinking"] if text]
    for row in json.loads((data / "r1_traces_math_sample.json").read_text()):
        texts.append(row["message_thinking"])
    for line in (data / "r1_distill_qwen7b_math500_pilot.jsonl").read_text().splitlines():
        texts.append(json.loads(line)["full_response"])
    tags = re.compile(r"</?think>")
    paragraphs = [part.strip() for text in texts for part in tags.sub("", text).split("\n\n")]
    return [part for part in paragraphs if len(part) > 40]


def made_up(number: int, data: Path, benchmark: list[str], seed: int = 0) -> Iterator[Made]:
    """Yield so many traces."""
    rng = random.Random(seed)
    paragraphs = real_paragraphs(data)
    names, weights = list(DOMAINS), [share for share, _ in DOMAINS.values()]
    recent: list[Made] = []
    for n in range(number):
        domain = rng.choices(names, weights)[0]
        mean = DOMAINS[domain][1] * CHARS_A_TOKEN
        length = rng.lognormvariate(math.log(mean) - SPREAD**2 / 2, SPREAD)
        reasoning = _reasoning(rng, paragraphs, length)
        one = Made(domain=domain, reasoning=reasoning, answer=ANSWER % n, blemish=None)
        if recent and rng.random() < BLEMISHES:
            one = _blemished(rng, one, recent, benchmark)
        recent = [*recent[-15:], one]
        yield one


def _reasoning(rng: random.Random, paragraphs: list[str], length: float) -> str:
    chosen: list[str] = []
    total = 0
    seen: set[int] = set()
    while total < length:
        at = rng.randrange(len(paragraphs))
        if at not in seen:
            seen.add(at)
            chosen.append(paragraphs[at])
            total += len(paragraphs[at]) + 2
    return "\n\n".join(chosen)


def _blemished(rng: random.Random, one: Made, recent: list[Made], benchmark: list[str]) -> Made:
    kind = rng.choice(["copy", "edited copy", "contaminated", "loop", "code", "language", "name"])
    reasoning, answer = one.reasoning, one.answer
    other = rng.choice(recent)
    match kind:
        case "copy":
            reasoning, answer = other.reasoning, other.answer
        case "edited copy":
            words = other.reasoning.split(" ")
            for _ in range(1 + len(words) // 100):
                words[rng.randrange(len(words))] = "indeed"
            reasoning, answer = " ".join(words), other.answer
        case "contaminated":
            reasoning += "\n\nThis is like: " + rng.choice(benchmark)
        case "loop":
            reasoning += "\n\n" + "Wait, let me check that once more, step by step. " * (
                len(reasoning) // 40
            )
        case "code":
            reasoning += "\n\n```python\nprint(sum(range(10)))\n```"
        case "language":
            reasoning += "\n\n" + "让我们再检查一下这个答案是不是正确的。" * (len(reasoning) // 100)
        case "name":
            answer = "\n\nI am DeepSeek-R1, and the answer is \\boxed{7}."
    return Made(domain=one.domain, reasoning=reasoning, answer=answer, blemish=kind)
