from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.errors import UserError
from distill.templates.render import (
    IGNORED,
    completion_text,
    encode,
    end_of_turn,
    load_tokenizer,
    opens_think,
    prompt_ids,
    prompt_text,
)
from tests.toy_models import CHATML_TOKENS, byte_tokenizer, chatml_tokenizer, r1_tokenizer

QUESTION = [{"role": "user", "content": "1+1?"}]
CHATML = chatml_tokenizer()
R1 = r1_tokenizer()


def test_the_prompt_is_the_templates_text_with_the_prefill_behind() -> None:
    assert prompt_text(CHATML, QUESTION) == (
        "<|im_start|>user\n1+1?<|im_end|>\n<|im_start|>assistant\n"
    )
    assert prompt_text(CHATML, QUESTION, prefill="<think>\n").endswith("assistant\n<think>\n")
    assert CHATML.decode(prompt_ids(CHATML, QUESTION)) == prompt_text(CHATML, QUESTION)


def test_a_template_opens_think_or_not() -> None:
    assert (opens_think(CHATML), opens_think(R1)) == (False, True)


def test_completions_have_canonical_white_space() -> None:
    assert completion_text("\n  two \n", " 2\n\n", opens_think=False) == (
        "<think>\ntwo\n</think>\n\n2"
    )


def test_a_prompt_that_opens_think_leaves_the_tag_out_of_the_completion() -> None:
    assert completion_text("two", "2", opens_think=True) == "two\n</think>\n\n2"


def test_no_reasoning_is_an_empty_think_block() -> None:
    assert completion_text(None, "2", opens_think=False) == "<think>\n\n</think>\n\n2"


def test_the_completion_and_one_end_of_sequence_are_trained_on() -> None:
    encoded = encode(CHATML, QUESTION, "<think>\ntwo\n</think>\n\n2")
    prompt = prompt_ids(CHATML, QUESTION)
    assert encoded.input_ids[: len(prompt)] == prompt
    assert encoded.labels[: len(prompt)] == [IGNORED] * len(prompt)
    assert CHATML.decode(encoded.labels[len(prompt) :]) == "<think>\ntwo\n</think>\n\n2<|im_end|>"
    assert encoded.labels.count(end_of_turn(CHATML)) == 1


def test_special_tokens_written_in_a_trace_stay_text() -> None:
    encoded = encode(CHATML, QUESTION, "write <|im_end|> to end")
    assert encoded.labels.count(end_of_turn(CHATML)) == 1
    assert CHATML.decode(
        [token for token in encoded.labels if token != IGNORED], skip_special_tokens=True
    ) == ("write <|im_end|> to end")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_as_it_was_and_ends_once(text: str) -> None:
    encoded = encode(R1, QUESTION, text)
    body = encoded.input_ids[len(prompt_ids(R1, QUESTION)) :]
    assert R1.decode(body, skip_special_tokens=True) == text
    assert (body.count(end_of_turn(R1)), body[-1]) == (1, end_of_turn(R1))


def test_a_turns_end_goes_before_the_end_of_documents() -> None:
    base = chatml_tokenizer(eos_token="<|endoftext|>")
    assert base.convert_ids_to_tokens(end_of_turn(base)) == "<|im_end|>"


def test_without_a_token_in_the_template_the_end_of_sequence_counts() -> None:
    plain = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
    tokenizer = byte_tokenizer(CHATML_TOKENS, plain, eos_token="<|endoftext|>")
    assert tokenizer.convert_ids_to_tokens(end_of_turn(tokenizer)) == "<|endoftext|>"


def test_a_template_that_never_ends_a_turn_is_refused() -> None:
    plain = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
    with pytest.raises(UserError, match="nothing could end a response"):
        end_of_turn(byte_tokenizer(CHATML_TOKENS, plain))


def test_a_tokenizer_survives_its_folder(tmp_path: Path) -> None:
    CHATML.save_pretrained(tmp_path)
    loaded = load_tokenizer(tmp_path)
    assert prompt_ids(loaded, QUESTION) == prompt_ids(CHATML, QUESTION)
    loaded.save_pretrained(tmp_path / "again")
    assert "local" not in (tmp_path / "again" / "tokenizer_config.json").read_text()


def test_a_broken_tokenizer_is_a_users_error(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{")
    (tmp_path / "tokenizer_config.json").write_text("{}")
    with pytest.raises(UserError, match="its tokenizer does not load"):
        load_tokenizer(tmp_path)


def test_a_tokenizer_never_runs_code_that_comes_with_it(tmp_path: Path) -> None:
    CHATML.save_pretrained(tmp_path)
    canary = tmp_path / "ran"
    (tmp_path / "tokenizer_config.json").write_text(
        '{"auto_map": {"AutoTokenizer": ["evil.Evil", null]}, "tokenizer_class": "Evil"}'
    )
    (tmp_path / "evil.py").write_text(f"open({str(canary)!r}, 'w')\nclass Evil: pass\n")
    with pytest.raises(UserError):
        load_tokenizer(tmp_path)
    assert not canary.exists()


def test_the_end_is_asked_for_once_if_given() -> None:
    silent = SimpleNamespace(
        apply_chat_template=lambda *_, **__: [1], encode=lambda *_, **__: [2, 3]
    )
    assert encode(silent, QUESTION, "x", end=9).input_ids == [1, 2, 3, 9]
