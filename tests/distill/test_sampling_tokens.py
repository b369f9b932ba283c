import json
from typing import Any

import pytest

from distill.sampling.tokens import read_tokens


def body(**choice: Any) -> bytes:
    return json.dumps({"choices": [{"message": {"content": "x"}, **choice}]}).encode()


def logprobs(*tokens: str) -> dict[str, Any]:
    return {"content": [{"token": t, "logprob": -1.5, "top_logprobs": []} for t in tokens]}


def test_ids_may_stand_in_the_log_probabilities_only() -> None:
    data = read_tokens(body(logprobs=logprobs("token_id:5", "token_id:6")))
    assert data is not None
    assert (data.token_ids, data.logprobs, data.top_logprobs) == ([5, 6], [-1.5, -1.5], [[], []])


def test_texts_are_no_ids() -> None:
    data = read_tokens(body(logprobs=logprobs("token_id:5", "so")))
    assert data is not None
    assert data.token_ids is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"\xff",
        body(),
        body(token_ids=["a"]),
        body(logprobs={"content": [{"token": 1}]}),
        body(token_ids=None, logprobs=None),
        b'{"choices": []}',
    ],
)
def test_what_cannot_be_read_is_nothing(raw: bytes) -> None:
    assert read_tokens(raw) is None
