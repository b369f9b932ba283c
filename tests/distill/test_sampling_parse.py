import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.ids import canonical_json
from distill.sampling.parse import ParsedResponse, ParseError, glance, parse_response
from tests.stub_server import CHANGES, completion, encoded


def body(content: Any = None, finish_reason: Any = "stop", **message: Any) -> bytes:
    choice = {"message": {"content": content, **message}, "finish_reason": finish_reason}
    usage = {"prompt_tokens": 3, "completion_tokens": 5}
    return json.dumps({"choices": [choice], "usage": usage}).encode()


def parts(parsed: ParsedResponse) -> tuple[str, str | None, str | None]:
    return parsed.shape, parsed.reasoning, parsed.answer


@pytest.mark.parametrize(
    ("text", "think_open", "expected"),
    [
        ("four", False, ("none", None, "four")),
        ("", False, ("none", None, "")),
        ("<think>\na\n</think>\n\nb", False, ("tags", "\na\n", "\n\nb")),
        (" \n<think>a</think>b", True, ("tags", "a", "b")),
        ("well <think>a</think>b", False, ("tags", "a", "b")),
        ("a\n</think>\n\nb", True, ("open_tag_in_prompt", "a\n", "\n\nb")),
        ("a\n</think>\n\nb", False, ("open_tag_in_prompt", "a\n", "\n\nb")),
        ("a, then a", True, ("open_tag_in_prompt", "a, then a", None)),
        ("<think>a, then a", False, ("tags", "a, then a", None)),
        ("a</think>b</think>c", True, ("open_tag_in_prompt", "a", "b</think>c")),
        ("a <think> b</think>c", True, ("open_tag_in_prompt", "a <think> b", "c")),
        ("a</think>", True, ("open_tag_in_prompt", "a", "")),
        ("models write <think> first", False, ("none", None, "models write <think> first")),
    ],
)
def test_tags_in_the_text(text: str, think_open: bool, expected: tuple[str, Any, Any]) -> None:
    parsed = parse_response(body(text), think_open=think_open)
    assert parsed.text == text
    assert parts(parsed) == expected


@pytest.mark.parametrize("name", ["reasoning", "reasoning_content"])
def test_reasoning_in_its_own_field(name: str) -> None:
    parsed = parse_response(body("vier 🙂", **{name: "2 und 2"}), think_open=True)
    assert parsed.text == "2 und 2vier 🙂"
    assert parts(parsed) == ("field", "2 und 2", "vier 🙂")
    assert (parsed.answer_begin, parsed.answer_end) == (7, 13)


def test_an_empty_reasoning_field_leaves_the_tags_to_tell() -> None:
    said = body("a</think>b", reasoning_content="", reasoning=None)
    assert parts(parse_response(said, think_open=True)) == ("open_tag_in_prompt", "a", "b")


def test_tags_in_content_are_text_where_the_reasoning_has_its_field() -> None:
    parsed = parse_response(body("x <think>y</think> z", reasoning="r"), think_open=False)
    assert parts(parsed) == ("field", "r", "x <think>y</think> z")


def test_reasoning_that_was_cut_off_has_no_answer() -> None:
    parsed = parse_response(body(None, "length", reasoning="2 and"), think_open=False)
    assert parts(parsed) == ("field", "2 and", None)
    assert parsed.outcome == "length"


def test_offsets_count_code_points() -> None:
    parsed = parse_response(body("<think>é🙂</think>x"), think_open=False)
    assert (parsed.reasoning_begin, parsed.reasoning_end, parsed.answer_begin) == (7, 9, 17)


@pytest.mark.parametrize(
    ("finish_reason", "message", "outcome"),
    [
        ("stop", {}, "ok"),
        ("repetition", {}, "ok"),
        ("length", {}, "length"),
        ("content_filter", {}, "refused"),
        ("stop", {"refusal": "I will not"}, "refused"),
    ],
)
def test_outcomes(finish_reason: str, message: dict[str, str], outcome: str) -> None:
    assert parse_response(body("x", finish_reason, **message), think_open=False).outcome == outcome


def test_a_refusal_without_content_is_the_text() -> None:
    assert parse_response(body(refusal="I will not"), think_open=False).text == "I will not"


def test_lone_surrogates_are_repaired_and_counted() -> None:
    parsed = parse_response(body("a\ud800\udc00b\udfff🙂</think>\ud800"), think_open=True)
    assert parsed.text == "a\U00010000b\ufffd🙂</think>\ufffd"  # JSON reads the first two as a pair
    assert parsed.repaired == 2
    assert parsed.answer == "\ufffd"


def test_tokens_and_what_else_the_server_said() -> None:
    response = json.loads(body("x"))
    response |= {"id": "chatcmpl-1", "model": "m\ud800", "system_fingerprint": None}
    response["usage"]["prompt_tokens_details"] = {"cached_tokens": 2}
    response["choices"][0]["stop_reason"] = 7
    parsed = parse_response(json.dumps(response).encode(), think_open=False)
    assert (parsed.prompt_tokens, parsed.completion_tokens) == (3, 5)
    assert parsed.extra == {
        "response_id": "chatcmpl-1",
        "served_model": "m\ufffd",
        "stop_reason": 7,
        "cached_tokens": 2,
    }


@pytest.mark.parametrize("count", [-1, 2**31, True, 1.5, "7", None])
def test_a_token_count_that_is_none_is_unknown(count: Any) -> None:
    response = json.loads(body("x")) | {"usage": {"completion_tokens": count}}
    parsed = parse_response(json.dumps(response).encode(), think_open=False)
    assert parsed.completion_tokens is None


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON"),
        (body("x")[:-9], "not JSON"),
        (body("\u00e4").replace(b"\\u00e4", b"\xe4"), "not JSON"),
        (b"\xed\xa0\x80", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"9" * 5_000, "not JSON"),
        (b"[]", "body is no object"),
        (b'{"error": {"message": "no"}}', "choices[0] is no object"),
        (b'{"choices": []}', "choices[0] is no object"),
        (b'{"choices": [{"finish_reason": "stop"}]}', "message is no object"),
        (b'{"choices": [{"message": {}, "finish_reason": "stop"}]}', "no content"),
        (body(["x"]), "message.content is no text"),
        (body("x", "abort"), "finish_reason is 'abort'"),
        (body("x", None), "finish_reason is 'None'"),
        (body("x", ["stop"]), "cut off"),
    ],
)
def test_what_is_no_response(raw: bytes, reason: str) -> None:
    with pytest.raises(ParseError) as error:
        parse_response(raw, think_open=False)
    assert reason in str(error.value)


def check(raw: bytes, think_open: bool) -> None:
    try:
        parsed = parse_response(raw, think_open=think_open)
    except ParseError:
        return
    parsed.text.encode()
    canonical_json(parsed.extra).encode()
    spans = [
        (parsed.reasoning_begin, parsed.reasoning_end),
        (parsed.answer_begin, parsed.answer_end),
    ]
    for begin, end in spans:
        assert (begin is None) == (end is None)
        assert begin is None or 0 <= begin <= (end or 0) <= len(parsed.text)
    if parsed.reasoning_end is not None and parsed.answer_begin is not None:
        assert parsed.reasoning_end <= parsed.answer_begin


@given(st.binary(), st.booleans())
def test_no_bytes_raise_anything_else(raw: bytes, think_open: bool) -> None:
    check(raw, think_open)


TEXT = st.one_of(
    st.text(st.characters(), max_size=8),
    st.lists(st.sampled_from(["<think>", "</think>", "a", " ", "\ud800"])).map("".join),
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(TEXT, inner, max_size=2)),
    max_leaves=4,
)


def table(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.fixed_dictionaries({}, optional={k: st.one_of(v, JSON) for k, v in values.items()}), JSON
    )


MESSAGE = table(content=TEXT, reasoning=TEXT, reasoning_content=TEXT, refusal=TEXT)
CHOICE = table(message=MESSAGE, finish_reason=st.sampled_from(["stop", "length"]), stop_reason=JSON)
USAGE = table(completion_tokens=JSON, prompt_tokens_details=table(cached_tokens=JSON))
RESPONSE = table(choices=st.lists(CHOICE, max_size=2), usage=USAGE, id=JSON, model=JSON)


@given(RESPONSE)
def test_both_readers_of_json_say_the_same(response: Any) -> None:
    raw = json.dumps(response).encode()
    odd = json.dumps({"\ud800": 0, **response} if isinstance(response, dict) else response)
    assert outcome_of(raw) == outcome_of(odd.encode())  # the fast one refuses lone surrogates


def outcome_of(raw: bytes) -> ParsedResponse | str:
    try:
        return parse_response(raw, think_open=False)
    except ParseError as error:
        return str(error)


@given(RESPONSE, st.booleans())
def test_no_json_raises_anything_else(response: Any, think_open: bool) -> None:
    check(json.dumps(response).encode(), think_open)


def seen_by(look: Callable[..., Any], body: bytes) -> tuple[object, ...]:
    try:
        seen = look(body, think_open=False)
    except ParseError:
        return ("no response",)
    return seen.outcome, seen.prompt_tokens or 0, seen.completion_tokens or 0


@given(data=st.data())
def test_a_glance_sees_what_the_parser_sees(data: st.DataObject) -> None:
    changes = data.draw(st.sampled_from([{}, *CHANGES.values()]))
    body = bytearray(encoded(completion("glance", 60, **changes)))
    if data.draw(st.booleans()):
        body = body[: data.draw(st.integers(0, len(body)))]
    for place in data.draw(st.lists(st.integers(0, max(0, len(body) - 1)), max_size=3)):
        if body:
            body[place] = data.draw(st.integers(0, 255))
    assert seen_by(glance, bytes(body)) == seen_by(parse_response, bytes(body))


def test_a_glance_passes_over_token_ids() -> None:
    good = encoded(completion("ids", 60))
    ids = b'"token_ids":' + encoded(list(range(5_000)))
    body = good.replace(b'"finish_reason"', ids + b',"finish_reason"', 1)
    assert seen_by(glance, body) == seen_by(parse_response, good) == ("ok", 7, 37)
    assert seen_by(glance, body[:-10]) == ("no response",)
    assert seen_by(glance, body[: body.index(b"4000")]) == ("no response",)
