"""code_blocks: fenced code inside reasoning. R1's rule; for mathematics, not for code."""

import re

from datagen.filters.base import KEEP, Case, Filter, Ruling, Trace, drop, response
from distill.config.base import Section

_FENCE = re.compile(r"^[ \t>]*(?:```|~~~)", re.MULTILINE)


class CodeBlocks(Section):
    """code_blocks has no settings: where it applies is said by the recipe's `domains`."""


def _apply(trace: Trace, settings: CodeBlocks) -> Ruling:
    reasoning = trace.reasoning or ""
    if ("```" in reasoning or "~~~" in reasoning) and _FENCE.search(reasoning):
        return drop("code block")
    return KEEP


FILTER = Filter(
    name="code_blocks",
    version="1",
    what="fenced code inside the reasoning",
    settings=CodeBlocks,
    apply=_apply,
    cases=(
        Case(
            trace=response("Let me run:\n```python\nprint(2 + 2)\n```\n", "4"), reason="code block"
        ),
        Case(trace=response("~~~\n2 + 2\n~~~", "4"), reason="code block"),
        Case(trace=response("  ```\n2 + 2", "4"), reason="code block"),
        Case(trace=response("So `2 + 2` is 4; not ```4``` here.", "4"), reason="ok"),
        Case(trace=response("2 + 2", "```\n4\n```"), reason="ok"),
        Case(trace=Trace(text="4", answer="4"), reason="ok"),
    ),
)
