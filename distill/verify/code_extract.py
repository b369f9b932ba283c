"""Finding the program in an answer: fenced blocks, one or several, or none at all."""

import ast
import builtins
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

MAX_CHARS = 50_000
"""Longer texts are no programs that a person would ask for; parsing them takes seconds."""
MAX_STARTS, MAX_CUTS = 50, 20
"""How many lines of prose are tried as the beginning of code, and how often its end is moved."""
_FENCE = re.compile(
    r"^([ \t]*)(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n`]*\n(.*?)(?:^[ \t]*\2[`~]*[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)
_PYTHON = frozenset({"", "python", "python3", "py", "py3", "python2", "pycon", "code"})
_OTHERS = re.compile(
    r"c|d|r|c\+\+|cpp|c#|csharp|cs|java|javascript|js|typescript|ts|go|golang|rust|ruby|rb|php"
    r"|kotlin|swift|scala|haskell|hs|perl|lua|pascal|julia|ocaml|fortran|dart|elixir",
    re.IGNORECASE,
)
_STARTS = re.compile(
    r"^(?:from\s+\w|import\s+\w|def\s+\w|class\s+\w|async\s+def|@\w)", re.MULTILINE
)
_READS = re.compile(r"\binput\s*\(|\bstdin\b|\bopen\s*\(\s*0")
_LOADED = frozenset(dir(builtins)) | {"__name__", "__file__"}


@dataclass(frozen=True, kw_only=True)
class _Source:
    """Text that parses, with the names that it binds at its top and those that it takes."""

    text: str
    binds: frozenset[str] = field(default=frozenset())
    takes: frozenset[str] = field(default=frozenset())


def blocks(answer: str) -> list[str]:
    """Return the fenced blocks of an answer that may be Python, in order; the last may be open."""
    found = []
    for indent, _, language, content in _FENCE.findall(answer):
        if language.lower() in _PYTHON and content.strip():
            lines = content.split("\n")
            found.append("\n".join(line.removeprefix(indent) for line in lines))
    return found


def other_language(answer: str) -> str | None:
    """Return the last language that a fenced block names and that is a programming language."""
    named = [language for _, _, language, _ in _FENCE.findall(answer[:MAX_CHARS])]
    return next((language for language in reversed(named) if _OTHERS.fullmatch(language)), None)


def module(answer: str, name: str | None, prompt: str = "") -> str | None:
    """Return the source in an answer that defines `name`, or None if there is none.

    Without a name any definition will do. Where the answer goes on from the prompt (the body of the
    function that the prompt begins), the two are put together. The prompt's other definitions
    stand before an answer that repeats its function.
    """
    found = [source for text in _candidates(answer) if (source := _parsed(text))]
    defining = [source for source in found if _defines(source, name)]
    if not defining:
        return _continued(answer, name, prompt)
    chosen = defining[-1]
    text = _with_helpers(chosen, found)
    before = _parsed(prompt)
    whole = f"{prompt.rstrip()}\n\n\n{text}" if before and before.binds else text
    return whole if parses(whole) else text


def program(answer: str) -> str | None:
    """Return the source in an answer that is a whole program: the last that reads its input."""
    found = [source for text in _candidates(answer) if (source := _parsed(text))]
    reading = [source for source in found if _READS.search(source.text)]
    if not found:
        return None
    chosen = (reading or found)[-1]
    return _with_helpers(chosen, found)


def parses(text: str) -> bool:
    """Return whether a text is Python."""
    return _tree(text) is not None


def _candidates(answer: str) -> Iterator[str]:
    answer = answer[:MAX_CHARS]
    fenced = blocks(answer)
    yield from fenced
    if not fenced:
        yield _longest(answer) if not parses(answer) else answer


def _longest(text: str) -> str:
    """Return the code that begins with the first line that looks like code, cut where it ends."""
    for start in islice(_STARTS.finditer(text), MAX_STARTS):
        if cut := _cut(text[start.start() :]):
            return cut
    return ""


def _cut(text: str) -> str:
    """Return the longest beginning of a text that parses, in whole lines."""
    lines = text.split("\n")
    for _ in range(MAX_CUTS):
        tree = _compiled("\n".join(lines))
        if isinstance(tree, ast.Module):
            return "\n".join(lines)
        del lines[max(min(tree, len(lines)) - 1, 0) :]
    return ""


def _continued(answer: str, name: str | None, prompt: str) -> str | None:
    """Return prompt and answer as one text, if that defines the name: how base models answer."""
    if not prompt.strip():
        return None
    for text in [*reversed(blocks(answer)), answer[:MAX_CHARS]]:
        body = text if text[:1] in " \t\n" else f"    {text}"
        for rest in (text, body):
            whole = _cut(prompt + rest)
            source = _parsed(whole)
            if len(whole) > len(prompt) and source and _defines(source, name):
                return whole
    return None


def _defines(source: _Source, name: str | None) -> bool:
    first = (name or "").split(".")[0].split("(")[0]
    return first in source.binds if first else bool(source.binds)


def _with_helpers(chosen: _Source, found: list[_Source]) -> str:
    """Put before a source the earlier blocks that bind what it, or one of them, lacks."""
    before, used = found[: found.index(chosen)], [chosen]
    lacks = chosen.takes - chosen.binds
    while more := [source for source in before if source not in used and source.binds & lacks]:
        used.append(more[-1])
        lacks = (lacks | more[-1].takes) - frozenset().union(*(source.binds for source in used))
    return "\n\n".join([*(source.text for source in before if source in used), chosen.text])


def _parsed(text: str) -> _Source | None:
    tree = _tree(text)
    if tree is None or not tree.body:
        return None
    binds: set[str] = set()
    for statement in tree.body:
        binds |= _bound(statement)
    takes = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    return _Source(text=text, binds=frozenset(binds), takes=frozenset(takes) - _LOADED)


def _bound(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
    return {
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _tree(text: str) -> ast.Module | None:
    tree = _compiled(text)
    return tree if isinstance(tree, ast.Module) else None


def _compiled(text: str) -> ast.Module | int:
    """Return the tree of a text, or the line at which it stops being Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(text)
            compile(tree, "answer", "exec", dont_inherit=True)
        except SyntaxError as error:
            return error.lineno or 1
        except (ValueError, RecursionError, MemoryError):
            return 1
    return tree
