"""Rejection sampling: responses whose answer is right become training examples."""

from transformers import PreTrainedTokenizerFast

from teacher.miniature.evaluate import respond
from teacher.miniature.model import Decoder
from teacher.miniature.problems import Problem
from teacher.miniature.prompts import Example, example


def accepted(
    model: Decoder,
    tokenizer: PreTrainedTokenizerFast,
    problems: list[Problem],
    *,
    k: int,
    temperature: float,
    seed: int,
) -> list[Example]:
    """Return for each problem its shortest right response out of k, if there is one."""
    sampled = respond(
        model, tokenizer, problems, "think", k=k, seed=seed, temperature=temperature, top_p=0.95
    )
    examples = []
    for start in range(0, len(sampled), k):
        right = [one for one in sampled[start : start + k] if one.correct]
        if right:
            best = min(right, key=lambda one: one.num_tokens)
            examples.append(example(tokenizer, best.problem, "think", best.text))
    return examples
