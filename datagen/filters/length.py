"""length: bounds on the tokens of a response and on the characters of its reasoning."""

from pydantic import Field

from datagen.filters.base import KEEP, Case, Filter, Ruling, Trace, drop, response
from distill.config.base import Section


class Length(Section):
    """Settings of length; bounds are inclusive, null is none."""

    min_tokens: int | None = Field(default=None, ge=0)
    """Fewest tokens of the whole response, as the server counted them."""
    max_tokens: int | None = Field(default=None, ge=0)
    """Most tokens of the whole response."""
    min_chars: int | None = Field(default=None, ge=0)
    """Fewest characters of the reasoning."""
    max_chars: int | None = Field(default=None, ge=0)
    """Most characters of the reasoning."""


def _apply(trace: Trace, settings: Length) -> Ruling:
    tokens, chars = trace.completion_tokens, len(trace.reasoning or "")
    if (settings.min_tokens, settings.max_tokens) != (None, None):
        if tokens is None:
            return drop("tokens not counted")
        if settings.min_tokens is not None and tokens < settings.min_tokens:
            return drop("too few tokens", tokens)
        if settings.max_tokens is not None and tokens > settings.max_tokens:
            return drop("too many tokens", tokens)
    if settings.min_chars is not None and chars < settings.min_chars:
        return drop("reasoning too short", chars)
    if settings.max_chars is not None and chars > settings.max_chars:
        return drop("reasoning too long", chars)
    return KEEP


_TRACE = response("2 + 2 = 4.", "4", completion_tokens=12)
FILTER = Filter(
    name="length",
    version="1",
    what="responses outside bounds on tokens or characters",
    settings=Length,
    apply=_apply,
    cases=(
        Case(trace=_TRACE, reason="ok"),
        Case(trace=_TRACE, settings={"min_tokens": 12, "max_tokens": 12}, reason="ok"),
        Case(trace=_TRACE, settings={"min_tokens": 13}, reason="too few tokens"),
        Case(trace=_TRACE, settings={"max_tokens": 11}, reason="too many tokens"),
        Case(trace=_TRACE, settings={"min_chars": 10, "max_chars": 10}, reason="ok"),
        Case(trace=_TRACE, settings={"min_chars": 11}, reason="reasoning too short"),
        Case(trace=_TRACE, settings={"max_chars": 9}, reason="reasoning too long"),
        Case(trace=response("2", "2"), settings={"max_tokens": 9}, reason="tokens not counted"),
    ),
)
