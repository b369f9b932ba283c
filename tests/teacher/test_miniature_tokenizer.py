"""The tokenizer: any text comes back, digits stand apart, the chat template behaves as R1's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teacher.miniature.tokenizer import VOCABULARY_SIZE, build, choose_words

TOKENIZER = build()


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back(text: str) -> None:
    ids = TOKENIZER(text, add_special_tokens=False)["input_ids"]
    assert TOKENIZER.decode(ids, skip_special_tokens=False) == text


def test_digits_and_unknown_words_are_spelled() -> None:
    assert TOKENIZER.tokenize("57+87") == ["5", "7", "+", "8", "7"]
    assert TOKENIZER.tokenize("qzx number") == ["q", "z", "x", "Ġnumber"]


def test_it_is_small() -> None:
    assert len(TOKENIZER) <= VOCABULARY_SIZE <= 2048


def test_the_generation_prompt_opens_think() -> None:
    messages = [{"role": "user", "content": "hi"}]
    text = TOKENIZER.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert text == "<｜begin▁of▁sentence｜><｜User｜>hi<｜Assistant｜><think>\n"


@pytest.mark.parametrize("prefill", ["Answer:", "Solution:\n", "<think>\n"])
def test_an_answer_can_be_begun(prefill: str) -> None:
    messages = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": prefill}]
    text = TOKENIZER.apply_chat_template(messages, tokenize=False, continue_final_message=True)
    assert text == f"<｜begin▁of▁sentence｜><｜User｜>hi<｜Assistant｜>{prefill}"


def test_reasoning_of_earlier_turns_is_dropped() -> None:
    messages = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "<think>\nx\n</think>\n\nb"},
        {"role": "user", "content": "c"},
    ]
    text = TOKENIZER.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert "<｜Assistant｜>b<｜end▁of▁sentence｜><｜User｜>c<｜Assistant｜><think>\n" in text


def test_words_are_chosen_by_what_they_save() -> None:
    words = choose_words(["the answer the answer ab", "answer"], 2, {"the"})
    assert words == [" answer", "answer"]
