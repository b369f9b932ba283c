"""Prompts and completions as text and token ids: one place for training and evaluation."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distill.errors import UserError

THINK_OPEN = "<think>"
THINK_CLOSE = "</think>"
IGNORED = -100
"""The label of a token that is not trained on (torch's cross-entropy skips it)."""

Messages = list[dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """A training example as token ids."""

    input_ids: list[int]
    """Prompt, completion and end of sequence."""
    completion_mask: list[int]
    """1 where the token is trained on: the completion and the end of sequence, once."""

    @property
    def labels(self) -> list[int]:
        """The ids where they are trained on, else IGNORED."""
        pairs = zip(self.input_ids, self.completion_mask, strict=True)
        return [token if trained else IGNORED for token, trained in pairs]


def load_tokenizer(path: Path) -> Any:
    """Return the tokenizer of a model folder; code that comes with a model is never run.

    Raises:
        UserError: if the folder holds none that loads.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(
            str(path), trust_remote_code=False, local_files_only=True
        )
    except Exception as error:  # a broken tokenizer.json raises a bare Exception
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError(
            f"model folder {path}: its tokenizer does not load: {reason}. Fetch the model again."
        ) from error
    for key in ("is_local", "local_files_only"):  # how it was loaded is no part of a tokenizer
        tokenizer.init_kwargs.pop(key, None)
    return tokenizer


def prompt_text(tokenizer: Any, messages: Messages, prefill: str = "") -> str:
    """Return what a model is given: the chat template's text up to where its answer begins."""
    text = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    return str(text) + prefill


def prompt_ids(tokenizer: Any, messages: Messages) -> list[int]:
    """Return the token ids of a prompt, as a server computes them from the same messages."""
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
    return list(ids)


def opens_think(tokenizer: Any) -> bool:
    """Tell whether the prompt ends in an open `<think>`: completions then start inside it."""
    text = prompt_text(tokenizer, [{"role": "user", "content": "?"}])
    return text.rstrip().endswith(THINK_OPEN)


def completion_text(reasoning: str | None, answer: str, *, opens_think: bool) -> str:
    """Return the text that a student is trained to write after its prompt, white space canonical.

    A trace without reasoning keeps an empty think block, so that the form of a response is always
    the same.
    """
    opening = "" if opens_think else f"{THINK_OPEN}\n"
    return f"{opening}{(reasoning or '').strip()}\n{THINK_CLOSE}\n\n{answer.strip()}"


def special_ids(tokenizer: Any) -> set[int]:
    """Return the ids of control tokens, which servers leave out of the text that they return."""
    return {number for number, token in tokenizer.added_tokens_decoder.items() if token.special}


def end_of_turn(tokenizer: Any) -> int:
    """Return the token that ends an answer: what the chat template puts behind one.

    Often it is not the tokenizer's end of sequence: a Qwen base ends documents with
    `<|endoftext|>` and turns with `<|im_end|>`. Where the template puts no special token, the
    tokenizer's end of sequence counts.

    Raises:
        UserError: if there is neither.
    """
    mark = "ANSWER"
    turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": mark}]
    text = str(tokenizer.apply_chat_template(turns, tokenize=False))
    behind = text[text.rindex(mark) + len(mark) :].lstrip()
    ids = tokenizer.encode(behind, add_special_tokens=False)
    if ids and ids[0] in special_ids(tokenizer):
        return int(ids[0])
    if tokenizer.eos_token_id is not None:
        return int(tokenizer.eos_token_id)
    raise UserError(
        f"chat template of {tokenizer.name_or_path}: an answer is followed by {behind[:40]!r}, "
        "no special token, and the tokenizer has no eos_token: nothing could end a response. "
        "Set eos_token in its tokenizer_config.json."
    )


def encode(
    tokenizer: Any, messages: Messages, completion: str, *, end: int | None = None
) -> Encoded:
    """Return prompt + completion + end of sequence as ids, the last two to be trained on.

    The two are encoded apart, since a model goes on from exactly the prompt's ids. Special tokens
    written out inside the completion are plain text: a trace that says `<|im_end|>` must not end
    there.

    Args:
        tokenizer: the student's.
        messages: the prompt.
        completion: what `completion_text` returned.
        end: the end of sequence, if `end_of_turn` was asked before.
    """
    prompt = prompt_ids(tokenizer, messages)
    body = tokenizer.encode(completion, add_special_tokens=False, split_special_tokens=True)
    body = [*body, end_of_turn(tokenizer) if end is None else end]
    return Encoded(input_ids=prompt + body, completion_mask=[0] * len(prompt) + [1] * len(body))
