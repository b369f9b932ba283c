"""The template gate: what must hold between a tokenizer, its chat template and training examples.

It looks at the batches that the trainer sees, on real examples, before anything is trained; and it
compares a finished checkpoint with the prompts of its training before anything is evaluated. Each
refusal stands for a silent fault: the loss goes down all the same.
"""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from distill.errors import UserError
from distill.templates.render import (
    IGNORED,
    THINK_CLOSE,
    THINK_OPEN,
    Messages,
    end_of_turn,
    load_tokenizer,
    opens_think,
    prompt_ids,
    special_ids,
)

COMPLETE = "COMPLETE"
"""The last file of a checkpoint, a JSON object; its `probe` holds a prompt and its token ids."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """What a student is trained on, as text."""

    name: str
    """How refusals call it, such as the attempt's id."""
    messages: Messages
    completion: str


def check_template(tokenizer: Any) -> None:
    """Refuse a tokenizer that cannot frame a conversation.

    Raises:
        UserError: without a chat template, and where nothing could end a response.
    """
    if not tokenizer.chat_template:
        raise UserError(
            f"model {tokenizer.name_or_path}: its tokenizer has no chat template, so prompts of "
            "training and evaluation cannot be the same. Add a chat_template.jinja to its folder."
        )
    end_of_turn(tokenizer)


def check_vocabulary(tokenizer: Any, num_embeddings: int) -> None:
    """Refuse a tokenizer that knows tokens which its model has no embedding for.

    More embeddings than tokens are usual: families pad them, and each size differently.

    Raises:
        UserError: names the first token without an embedding.
    """
    beyond = {i: token for token, i in tokenizer.get_vocab().items() if i >= num_embeddings}
    if beyond:
        first = min(beyond)
        raise UserError(
            f"model {tokenizer.name_or_path}: {num_embeddings} embeddings, but its tokenizer has "
            f"{len(beyond)} tokens beyond them, from {beyond[first]!r} (id {first}). Tokenizer and "
            "weights belong to different models, or the embedding was not resized."
        )


def check_batch(tokenizer: Any, examples: Sequence[Example], batch: Mapping[str, Any]) -> None:
    """Refuse a padded batch as the trainer sees it: input_ids, labels and attention_mask.

    Raises:
        UserError: names the example, says what is wrong and shows the piece.
    """
    for row, example in enumerate(examples):
        ids, labels, mask = (
            [int(value) for value in batch[key][row]]
            for key in ("input_ids", "labels", "attention_mask")
        )
        length = sum(mask)
        if any(label != IGNORED for label in labels[length:]):
            _refuse(tokenizer, example, "padding is trained on", ids[length:])
        check_example(tokenizer, example, ids[:length], labels[:length])


def check_example(
    tokenizer: Any, example: Example, input_ids: Sequence[int], labels: Sequence[int]
) -> None:
    """Refuse an encoded example that would teach something else than its text.

    Raises:
        UserError: names the example, says what is wrong and shows the piece.
    """
    prompt = prompt_ids(tokenizer, example.messages)
    if (differs := _first_difference(prompt, input_ids)) < len(prompt):
        _refuse(
            tokenizer,
            example,
            "the prompt differs from the one in evaluation (apply_chat_template with "
            f"add_generation_prompt), which has {_show(tokenizer, prompt[differs:])} where "
            "training has",
            input_ids[differs:],
        )
    if any(label != IGNORED for label in labels[: len(prompt)]):
        _refuse(tokenizer, example, "the prompt is trained on", input_ids[: len(prompt)])
    completion = list(zip(input_ids, labels, strict=True))[len(prompt) :]
    _check_end(tokenizer, example, completion)
    if gap := [token for token, label in completion if label != token]:
        _refuse(tokenizer, example, "a piece of the completion is outside the loss", gap)
    _check_text(tokenizer, example, [token for token, _ in completion])


def _check_end(tokenizer: Any, example: Example, completion: list[tuple[int, int]]) -> None:
    end = end_of_turn(tokenizer)
    name = tokenizer.convert_ids_to_tokens(end)
    ids = [token for token, _ in completion]
    if not ids or ids[-1] != end:
        text = tokenizer.decode(ids, skip_special_tokens=True)
        is_cut = len(text) < len(example.completion) and example.completion.startswith(text)
        fault = "the target is truncated" if is_cut else "the end of sequence is missing"
        _refuse(tokenizer, example, f"{fault}: {name} must follow", ids[-20:])
    if completion[-1][1] == IGNORED:
        is_pad = tokenizer.pad_token_id == end
        why = ", probably since it is the padding token too" if is_pad else ""
        _refuse(
            tokenizer, example, f"the end of sequence {name} is outside the loss{why}", ids[-20:]
        )
    if ids.count(end) > 1:
        after = ids.index(end) + 1
        _refuse(tokenizer, example, f"the target goes on after {name}", ids[:after][-20:])


def _check_text(tokenizer: Any, example: Example, ids: list[int]) -> None:
    """Compare what a server would return for these ids with the text that was meant."""
    text = tokenizer.decode(ids, skip_special_tokens=True)
    is_opened = opens_think(tokenizer)
    if is_opened and example.completion.lstrip().startswith(THINK_OPEN):
        _refuse(tokenizer, example, f"the prompt opens {THINK_OPEN}, the completion again", ids)
    for tag in (THINK_CLOSE,) if is_opened else (THINK_OPEN, THINK_CLOSE):
        if tag not in text:
            is_special = tokenizer.convert_tokens_to_ids(tag) in special_ids(tokenizer)
            why = " as text: it is a special token, which servers drop" if is_special else ""
            _refuse(tokenizer, example, f"{tag} is not inside the loss{why}", ids)
    reasoning = example.completion.partition(THINK_CLOSE)[0].removeprefix(THINK_OPEN)
    if _squeezed(reasoning) not in _squeezed(text):
        _refuse(tokenizer, example, "the reasoning was stripped from the target", ids)
    if _squeezed(text) != _squeezed(example.completion):
        _refuse(tokenizer, example, "the target is not the text that was meant", ids)


def _squeezed(text: str) -> str:
    """Return the text without what a tokenizer's normalisation may change."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def probe(tokenizer: Any, messages: Messages) -> dict[str, Any]:
    """Return a prompt and its ids: what a checkpoint keeps of its training, for `check_probe`."""
    return {"messages": messages, "prompt_ids": prompt_ids(tokenizer, messages)}


def check_checkpoint(folder: Path) -> None:
    """Refuse a finished checkpoint whose tokenizer renders another prompt than it was trained on.

    Raises:
        UserError: if the folder is no finished checkpoint, or its template or tokenizer changed.
    """
    try:
        kept = json.loads((folder / COMPLETE).read_text(encoding="utf-8"))["probe"]
        messages, ids = kept["messages"], list(kept["prompt_ids"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"checkpoint {folder}: not finished (no readable {COMPLETE}). `distill sft` trains it."
        ) from error
    check_probe(folder, messages, ids)


def check_probe(folder: Path, messages: Messages, ids: Sequence[int]) -> None:
    """Refuse a model folder whose tokenizer makes other ids of `messages` than `ids`.

    Raises:
        UserError: shows both prompts from where they differ.
    """
    tokenizer = load_tokenizer(folder)
    now = prompt_ids(tokenizer, messages)
    if now != list(ids):
        at = _first_difference(ids, now)
        raise UserError(
            f"checkpoint {folder}: its evaluation prompt is not its training prompt: "
            f"{_show(tokenizer, now[at:])} now, {_show(tokenizer, ids[at:])} in training. "
            "Its chat template or tokenizer was changed: remove the folder and run `distill sft`."
        )


def _first_difference(one: Sequence[int], other: Sequence[int]) -> int:
    """Return the first position at which two sequences differ, the shorter length if none does."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def _show(tokenizer: Any, ids: Sequence[int]) -> str:
    text = tokenizer.decode(list(ids[:40]))
    return repr(text if len(ids) <= 40 else f"{text}...")


def _refuse(tokenizer: Any, example: Example, fault: str, ids: Sequence[int]) -> NoReturn:
    raise UserError(
        f"template gate: example {example.name} of {tokenizer.name_or_path or 'the student'}: "
        f"{fault}: {_show(tokenizer, ids)}"
    )
