"""truncated: the response reached its token limit; a cut trace teaches never to answer."""

from datagen.filters.base import KEEP, Case, Filter, Ruling, Trace, drop, response
from distill.config.base import Section


class Truncated(Section):
    """truncated has no settings."""


def _apply(trace: Trace, settings: Truncated) -> Ruling:
    return drop("reached the token limit") if trace.outcome == "length" else KEEP


FILTER = Filter(
    name="truncated",
    version="1",
    what="responses cut off by the token limit",
    settings=Truncated,
    apply=_apply,
    cases=(
        Case(trace=response("2 + 2 = 4.", "4"), reason="ok"),
        Case(trace=response("2 + 2", "4", outcome="length"), reason="reached the token limit"),
    ),
)
