"""Scores with intervals: a model on held-out problems in one of its formats, and on single
steps.
"""

from collections import defaultdict
from dataclasses import dataclass
from random import Random

import numpy as np
from transformers import PreTrainedTokenizerFast

from teacher.miniature.families import FAMILIES
from teacher.miniature.model import Decoder
from teacher.miniature.problems import Problem, is_correct
from teacher.miniature.prompts import answer_in, prompt_text
from teacher.miniature.sampler import Decoding, frozen_copy, sample
from teacher.miniature.solutions.hand import Hand
from teacher.miniature.tokenizer import BOS

# The longest reference solutions are near 220 tokens; a response that loops is cut here.
MAX_TOKENS = {"think": 400, "worked": 400, "direct": 120}


@dataclass(frozen=True, kw_only=True)
class Score:
    """pass@1 with a 95% interval."""

    macro: float
    """Unweighted mean over the families."""
    low: float
    """Lower end of the bootstrap interval over problems, stratified by family."""
    high: float
    """Upper end."""
    families: dict[str, float]
    """Family by family."""
    easiest: float
    """The same over the tenth of all problems with the shortest reference solutions."""
    mean_tokens: float
    """Of the completions."""
    num_problems: int
    """In all."""
    k: int
    """Samples a problem."""


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """One response."""

    problem: Problem
    """What was asked."""
    text: str
    """The completion, end of sequence included."""
    num_tokens: int
    """Its length."""
    correct: bool
    """reasoning-gym's verdict."""


def respond(
    model: Decoder,
    tokenizer: PreTrainedTokenizerFast,
    problems: list[Problem],
    form: str,
    *,
    k: int,
    seed: int,
    temperature: float = 0.6,
    top_p: float = 0.95,
) -> list[Sampled]:
    """Sample k responses a problem and have each scored, problem after problem."""
    texts = [prompt_text(problem.question, form) for problem in problems]
    prompts = tokenizer(texts, add_special_tokens=False)["input_ids"]
    repeated = [prompt for prompt in prompts for _ in range(k)]
    decoding = Decoding(
        temperature=temperature,
        top_p=top_p,
        max_tokens=MAX_TOKENS[form],
        stop_ids=(tokenizer.eos_token_id,),
    )
    completions = sample(frozen_copy(model), repeated, decoding, seed)
    said = tokenizer.batch_decode(completions)
    results = []
    for i, (text, completion) in enumerate(zip(said, completions, strict=True)):
        problem, answer = problems[i // k], answer_in(text, form)
        correct = answer is not None and is_correct(problem, answer)
        results.append(
            Sampled(problem=problem, text=text, num_tokens=len(completion), correct=correct)
        )
    return results


def score(sampled: list[Sampled], k: int, *, resamples: int = 2000, seed: int = 0) -> Score:
    """Return the score of responses, k a problem in order."""
    rates: dict[str, list[float]] = defaultdict(list)
    lengths: list[tuple[int, float]] = []
    for i in range(0, len(sampled), k):
        rate = sum(one.correct for one in sampled[i : i + k]) / k
        rates[sampled[i].problem.family].append(rate)
        lengths.append((len(sampled[i].problem.work), rate))
    rng = np.random.default_rng(seed)
    columns = [np.array(values) for values in rates.values()]
    means = [
        column[rng.integers(len(column), size=(resamples, len(column)))].mean(1)
        for column in columns
    ]
    low, high = np.quantile(np.mean(means, axis=0), [0.025, 0.975])
    lengths.sort(key=lambda pair: pair[0])
    easiest = [rate for _, rate in lengths[: max(1, len(lengths) // 10)]]
    return Score(
        macro=float(np.mean([column.mean() for column in columns])),
        low=float(low),
        high=float(high),
        families={name: round(float(np.mean(values)), 3) for name, values in rates.items()},
        easiest=float(np.mean(easiest)),
        mean_tokens=float(np.mean([one.num_tokens for one in sampled])),
        num_problems=len(lengths),
        k=k,
    )


def step_accuracy(
    model: Decoder, tokenizer: PreTrainedTokenizerFast, problems: list[Problem], seed: int = 0
) -> dict[str, float]:
    """Return the share of single steps of held-out problems answered right (greedy), family by
    family and over all.
    """
    rng = Random(seed)
    asked: list[tuple[str, str, str]] = []
    for problem in problems:
        hand = Hand()
        FAMILIES[problem.family].writer(problem.entry, hand)
        asked += [
            (problem.family, q, a) for q, a in rng.sample(hand.steps, min(2, len(hand.steps)))
        ]
    prompts = tokenizer([BOS + q for _, q, _ in asked], add_special_tokens=False)["input_ids"]
    newline = tokenizer("\n", add_special_tokens=False)["input_ids"][0]
    decoding = Decoding(temperature=0, max_tokens=12, stop_ids=(newline, tokenizer.eos_token_id))
    said = tokenizer.batch_decode(sample(frozen_copy(model), prompts, decoding, seed))
    right: dict[str, list[bool]] = defaultdict(list)
    for (family, _, wanted), text in zip(asked, said, strict=True):
        right[family].append(text == f"{wanted}\n")
    everything = [value for values in right.values() for value in values]
    return {name: round(float(np.mean(v)), 3) for name, v in right.items()} | {
        "all": round(float(np.mean(everything)), 4)
    }
