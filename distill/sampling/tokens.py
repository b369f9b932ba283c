"""Reading token ids and log-probabilities out of a chat completion."""

import re
from dataclasses import dataclass
from typing import Any

import msgspec

NUMBERED = re.compile(r"token_id:(\d+)")
"""How vLLM writes a token where ids are asked for."""


class _Top(msgspec.Struct):
    token: str
    logprob: float


class _Token(msgspec.Struct):
    token: str
    logprob: float
    top_logprobs: list[_Top] = []


class _Logprobs(msgspec.Struct):
    content: list[_Token] | None = None


class _Choice(msgspec.Struct):
    token_ids: list[int] | None = None
    logprobs: _Logprobs | None = None


class _Body(msgspec.Struct):
    choices: list[_Choice]
    prompt_token_ids: list[int] | None = None


_DECODER = msgspec.json.Decoder(_Body)


@dataclass(frozen=True, kw_only=True)
class TokenData:
    """What a server told of a response's tokens; None where it did not."""

    prompt_token_ids: list[int] | None
    token_ids: list[int] | None
    logprobs: list[float] | None
    """Of each token."""
    top_tokens: list[list[str]] | None
    """The likeliest at each place, as text or, from vLLM asked for ids, as `token_id:N`."""
    top_logprobs: list[list[float]] | None


def read_tokens(body: bytes) -> TokenData | None:
    """Return the token data of a body, or None where there is none that can be read."""
    try:
        read = _DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    choice = read.choices[0] if read.choices else _Choice()
    told = choice.logprobs.content if choice.logprobs else None
    if choice.token_ids is None and told is None:
        return None
    return TokenData(
        prompt_token_ids=read.prompt_token_ids,
        token_ids=choice.token_ids or _numbers(told),
        logprobs=None if told is None else [token.logprob for token in told],
        top_tokens=_each(told, "token"),
        top_logprobs=_each(told, "logprob"),
    )


def _numbers(told: list[_Token] | None) -> list[int] | None:
    found = [NUMBERED.fullmatch(token.token) for token in told or ()]
    return [int(one[1]) for one in found if one] if found and all(found) else None


def _each(told: list[_Token] | None, name: str) -> list[list[Any]] | None:
    if told is None:
        return None
    return [[getattr(top, name) for top in token.top_logprobs] for token in told]
