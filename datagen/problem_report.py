"""What was dropped before it was asked, for people to read: problems with what they share."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from datagen.problems import Judged, Loss
from datagen.references import KeptOut
from distill.config.recipe import Recipe

CONTEXT = 200
"""Characters of a problem shown on either side of what it shares."""


def problem_report(recipe: Recipe, judged: Judged, kept_out: KeptOut) -> str:
    """Return the report as Markdown; texts of problems are indented, so nothing in them acts."""
    return "\n".join(_lines(recipe, judged, kept_out)) + "\n"


def _lines(recipe: Recipe, judged: Judged, kept_out: KeptOut) -> Iterator[str]:
    yield f"# Problems of recipe {recipe.name} that are not asked"
    yield f"\n{datetime.now(UTC):%Y-%m-%d %H:%M} UTC. {len(judged.dropped)} problems dropped."
    compared = Counter(one.where for one in kept_out.texts)
    yield "\nCompared with: " + (
        ", ".join(f"{where} ({number} texts)" for where, number in compared.items()) or "nothing"
    )
    if kept_out.missing:
        yield f"\n**Not compared with, since they are not here: {', '.join(kept_out.missing)}.**"
    yield "\n| source | rule | shared with | problems |\n|---|---|---|--:|"
    counts = Counter((loss.source, loss.filter, _with(loss)) for loss in judged.losses)
    for (source, rule, where), number in counts.most_common():
        yield f"| {source} | {rule} | {where} | {number} |"
    for loss in judged.losses:
        yield from _one(loss)


def _with(loss: Loss) -> str:
    shared = loss.evidence.get("shared", [])
    named = {span["where"] for span in shared} or {loss.evidence.get("where", "")}
    return ", ".join(sorted(named))


def _one(loss: Loss) -> Iterator[str]:
    yield f"\n## {loss.source}, row {loss.problem.source_row}: {loss.reason}"
    if "like" in loss.evidence:
        yield from _quoted(loss.problem.text)
        yield f"\nis like this one of {loss.evidence['where']}:"
        yield from _quoted(loss.evidence["like"])
    elif spans := loss.evidence.get("shared"):
        yield from _quoted(marked(loss.problem.text, [(s["begin"], s["end"]) for s in spans]))
        for reference, where in {span["reference"]: span["where"] for span in spans}.items():
            yield f"\nshares what stands in [[ ]] with this one of {where}:"
            yield from _quoted(reference)
    else:
        yield from _quoted(loss.problem.text)


def _quoted(text: str) -> Iterator[str]:
    yield ""
    for line in text.splitlines():
        yield "    " + "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)


def marked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Return a text with its spans in [[ ]], long stretches between them cut."""
    parts, at = [], 0
    for begin, end in _joined(spans):
        parts.append(_cut(text[at:begin], is_first=at == 0))
        parts.append(f"[[{text[begin:end]}]]")
        at = end
    rest = text[at:]
    parts.append(rest if len(rest) <= CONTEXT else rest[:CONTEXT] + " …")
    return "".join(parts)


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


def _cut(text: str, *, is_first: bool) -> str:
    if is_first:
        return text if len(text) <= CONTEXT else "… " + text[-CONTEXT:]
    return text if len(text) <= 2 * CONTEXT else f"{text[:CONTEXT]} … {text[-CONTEXT:]}"
