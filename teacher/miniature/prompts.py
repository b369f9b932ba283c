"""The three ways of asking a model of the miniature, and what their responses say."""

from dataclasses import dataclass

from transformers import PreTrainedTokenizerFast

from teacher.miniature.corpus import DIRECT, WORKED
from teacher.miniature.problems import Problem
from teacher.miniature.tokenizer import ASSISTANT, BOS, END_THINK, EOS, THINK, USER

FORMATS = {"think": f"{THINK}\n", "worked": WORKED, "direct": DIRECT}


@dataclass(frozen=True, kw_only=True)
class Example:
    """A prompt and the completion to be learned, as token ids."""

    prompt: list[int]
    """Everything up to where the model takes over."""
    completion: list[int]
    """What it should say, end of sequence included."""


def prompt_text(question: str, form: str) -> str:
    """Return the prompt that asks `question` in a form."""
    return f"{BOS}{USER}{question}{ASSISTANT}{FORMATS[form]}"


def trace_text(work: str, answer: str) -> str:
    """Return reasoning and answer as a completion of a `think` prompt."""
    return f"{work}\n{END_THINK}\n\n{answer}{EOS}"


def example(
    tokenizer: PreTrainedTokenizerFast, problem: Problem, form: str, completion: str
) -> Example:
    """Return a training example."""
    texts = [prompt_text(problem.question, form), completion]
    prompt, wanted = tokenizer(texts, add_special_tokens=False)["input_ids"]
    return Example(prompt=prompt, completion=wanted)


def answer_in(text: str, form: str) -> str | None:
    """Return the answer in a completion that ended, or None where its form is broken."""
    if not text.endswith(EOS):
        return None
    text = text.removesuffix(EOS)
    if form == "direct":
        return text.strip()
    mark = f"\n{END_THINK}\n\n" if form == "think" else f"\n{DIRECT} "
    parts = text.split(mark)
    return parts[1] if len(parts) == 2 else None
