import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from distill.errors import UserError
from distill.templates.gate import (
    COMPLETE,
    Example,
    check_batch,
    check_checkpoint,
    check_example,
    check_template,
    check_vocabulary,
    probe,
)
from distill.templates.render import IGNORED, completion_text, encode, end_of_turn, prompt_ids
from tests.toy_models import (
    CHATML,
    CHATML_TOKENS,
    byte_tokenizer,
    chatml_tokenizer,
    r1_tokenizer,
)

QUESTION = [{"role": "user", "content": "1+1?"}]
TOKENIZER = chatml_tokenizer()
R1 = r1_tokenizer()


def example(*, opens_think: bool = False, **fields: Any) -> Example:
    completion = completion_text("one more than one", "2", opens_think=opens_think)
    return Example(**{"name": "t1", "messages": QUESTION, "completion": completion} | fields)


def refusal(check: Callable[[], None]) -> str:
    with pytest.raises(UserError) as caught:
        check()
    return str(caught.value)


def encoded(tokenizer: Any = TOKENIZER, of: Example | None = None) -> tuple[list[int], list[int]]:
    of = of or example()
    result = encode(tokenizer, of.messages, of.completion)
    return result.input_ids, result.labels


def test_what_encode_makes_passes() -> None:
    check_example(TOKENIZER, example(), *encoded())
    opened = example(opens_think=True)
    check_example(R1, opened, *encoded(R1, opened))


def test_a_missing_end_of_sequence_is_named() -> None:
    ids, labels = encoded()
    said = refusal(lambda: check_example(TOKENIZER, example(), [*ids[:-1], 9], [*labels[:-1], 9]))
    assert "example t1" in said
    assert "the end of sequence is missing: <|im_end|> must follow" in said


def test_a_target_that_was_cut_is_called_truncated() -> None:
    ids, labels = encoded()
    said = refusal(lambda: check_example(TOKENIZER, example(), ids[:-9], labels[:-9]))
    assert "the target is truncated" in said
    assert said.endswith("'ne more than one\\n</t'")


def test_an_end_of_sequence_masked_as_padding_is_refused() -> None:
    ids, _ = encoded()
    masked = [IGNORED if token == TOKENIZER.pad_token_id else token for token in ids]
    prompt = len(prompt_ids(TOKENIZER, QUESTION))
    labels = [IGNORED] * prompt + masked[prompt:]
    said = refusal(lambda: check_example(TOKENIZER, example(), ids, labels))
    assert "<|im_end|> is outside the loss, probably since it is the padding token too" in said


def test_text_after_the_end_of_sequence_is_refused() -> None:
    ids, labels = encoded()
    end = end_of_turn(TOKENIZER)
    assert "goes on after <|im_end|>" in refusal(
        lambda: check_example(TOKENIZER, example(), [*ids, 9, end], [*labels, 9, end])
    )


def test_think_outside_the_loss_is_refused() -> None:
    ids, labels = encoded()
    start = len(prompt_ids(TOKENIZER, QUESTION))
    labels[start : start + len("<think>")] = [IGNORED] * len("<think>")
    said = refusal(lambda: check_example(TOKENIZER, example(), ids, labels))
    assert "a piece of the completion is outside the loss: '<think>'" in said


def test_a_completion_without_think_is_refused() -> None:
    bare = example(completion="2")
    said = refusal(lambda: check_example(TOKENIZER, bare, *encoded(of=bare)))
    assert "<think> is not inside the loss" in said


def test_think_must_not_be_opened_twice() -> None:
    twice = example()
    said = refusal(lambda: check_example(R1, twice, *encoded(R1, twice)))
    assert "the prompt opens <think>, the completion again" in said


def test_a_think_tag_that_servers_drop_is_refused() -> None:
    tokenizer = byte_tokenizer((*CHATML_TOKENS, "<think>"), CHATML, eos_token="<|im_end|>")
    start = prompt_ids(tokenizer, QUESTION)
    body = tokenizer.encode(example().completion, add_special_tokens=False)
    ids = [*start, *body, end_of_turn(tokenizer)]
    labels = [IGNORED] * len(start) + ids[len(start) :]
    said = refusal(lambda: check_example(tokenizer, example(), ids, labels))
    assert "as text: it is a special token, which servers drop" in said


def test_reasoning_that_the_template_stripped_is_refused() -> None:
    opened = example(opens_think=True)
    turn = {"role": "assistant", "content": opened.completion}
    whole = R1.apply_chat_template([*QUESTION, turn], return_dict=False)
    answer = whole[whole.index(R1.convert_tokens_to_ids("<|assistant|>")) + 1 :]
    prompt = prompt_ids(R1, QUESTION)
    tagged = R1.encode("\n</think>\n\n", add_special_tokens=False)
    ids, labels = prompt + tagged + answer, [IGNORED] * len(prompt) + tagged + answer
    said = refusal(lambda: check_example(R1, opened, ids, labels))
    assert "the reasoning was stripped from the target: '\\n</think>\\n\\n2<|end|>'" in said


def test_the_naive_rendering_differs_from_the_evaluation_prompt() -> None:
    opened = example(opens_think=True)
    turn = {"role": "assistant", "content": opened.completion}
    ids = R1.apply_chat_template([*QUESTION, turn], return_dict=False)
    said = refusal(lambda: check_example(R1, opened, ids, ids))
    assert "the prompt differs from the one in evaluation" in said
    assert "'<think>\\n' where training has: '2<|end|>'" in said


def test_another_system_message_in_training_is_refused() -> None:
    ids, labels = encoded(of=example(messages=[{"role": "system", "content": "s"}, *QUESTION]))
    said = refusal(lambda: check_example(TOKENIZER, example(), ids, labels))
    assert "the prompt differs" in said


def test_a_trained_prompt_is_refused() -> None:
    ids, _ = encoded()
    assert "the prompt is trained on" in refusal(
        lambda: check_example(TOKENIZER, example(), ids, ids)
    )


def test_a_target_in_other_words_is_refused() -> None:
    ids, labels = encoded()
    other = example(completion=example().completion.removesuffix("2") + "3")
    said = refusal(lambda: check_example(TOKENIZER, other, ids, labels))
    assert "the target is not the text that was meant" in said


def test_batches_are_checked_row_by_row_without_their_padding() -> None:
    examples = [example(), example(name="t2", completion="<think>\n</think>\n\n2")]
    rows = [encoded(of=each) for each in examples]
    width = max(len(ids) for ids, _ in rows)
    batch = {
        "input_ids": [ids + [2] * (width - len(ids)) for ids, _ in rows],
        "labels": [labels + [IGNORED] * (width - len(ids)) for ids, labels in rows],
        "attention_mask": [[1] * len(ids) + [0] * (width - len(ids)) for ids, _ in rows],
    }
    check_batch(TOKENIZER, examples, batch)
    batch["labels"][1][-1] = 2
    said = refusal(lambda: check_batch(TOKENIZER, examples, batch))
    assert said.startswith("template gate: example t2")
    assert "padding is trained on" in said


def test_a_tokenizer_without_a_template_is_refused() -> None:
    tokenizer = chatml_tokenizer()
    tokenizer.chat_template = None
    assert "no chat template" in refusal(lambda: check_template(tokenizer))


def test_more_tokens_than_embeddings_are_refused_and_padding_is_not() -> None:
    check_vocabulary(TOKENIZER, 512)
    check_vocabulary(TOKENIZER, 259)
    said = refusal(lambda: check_vocabulary(TOKENIZER, 258))
    assert "258 embeddings, but its tokenizer has 1 tokens beyond them" in said


def test_a_checkpoint_must_render_its_training_prompt(tmp_path: Path) -> None:
    TOKENIZER.save_pretrained(tmp_path)
    assert "not finished" in refusal(lambda: check_checkpoint(tmp_path))
    (tmp_path / COMPLETE).write_text(json.dumps({"probe": probe(TOKENIZER, QUESTION)}))
    check_checkpoint(tmp_path)
    (tmp_path / "chat_template.jinja").write_text(CHATML.replace("assistant", "model"))
    said = refusal(lambda: check_checkpoint(tmp_path))
    assert "'model\\n' now, 'assistant\\n' in training" in said
