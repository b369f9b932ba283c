"""Reading what has parts: lists, tuples, sets, intervals, equations and inequalities.

Each reader returns None for what is not its own.
"""

import re
from dataclasses import replace

from distill.verify.math_forms import (
    INFINITY,
    MINUS_INFINITY,
    RELATION,
    Either,
    Form,
    Interval,
    Items,
    Named,
    Read,
    Union,
    as_interval,
)
from distill.verify.math_numbers import decimal_comma
from distill.verify.math_text import is_one_bracket, split_top

_LIST = re.compile(
    r"(?<=[\d)])(?:and|or)(?=[A-Z(\\\d-])|"
    r"\s*[,;]\s*(?:(?:and|or)\b)?|\s*\b(?:and|or)\b\s*|\s*\\(?:land|lor|wedge|vee)\b"
)
_GROUPS = re.compile(r"\s*;\s*")
_ABOUT = re.compile(r"\\approx(?![a-z])")
_UNION = re.compile(r"\\cup(?![a-z])|\bU\b")
_NAME = re.compile(
    r"(?:m\s*)?(?:\\(?:angle|triangle|overline|vec|bar|hat|overrightarrow)\s*)?\{?\s*(?:"
    r"(?:[A-Za-z]|\\[a-z]+)(?:_(?:\w|\{[^{}]*\}))?'*(?:\s*\([^()=]*\))?|[A-Z]{2,4}"
    r"|[A-Za-z][a-z]{2,}(?:\s+[A-Za-z]+)*"
    r"|\([A-Za-z](?:\s*,\s*[A-Za-z])+\)|\|[A-Z]{2}\|"
    r")\s*\}?(?:°)?"
)
_BUILDER = re.compile(r"\s*(?:\\mid|\||:)\s*")


def listed(text: str, read: Read) -> Form | None:
    """Read 1, 2 and 3; also x < 1 or x > 2."""
    groups = split_top(text, _GROUPS)
    if len(groups) > 1 and any(len(split_top(group, _LIST)) > 1 for group in groups):
        return Items(tuple(read(group) for group in groups))
    parts = [part for part in split_top(text, _LIST) if part.strip()]
    if len(parts) < 2:
        return None
    found = replace(_several(parts, "", read), decimal=decimal_comma(text))
    return _conditions(found.items, bool(re.search(r"\bor\b|\\lor|\\vee", text))) or found


def _conditions(forms: tuple[Form, ...], either: bool) -> Form | None:
    """Return x < 1 or x > 2 as one set, and x > 1, x < 2 as one interval."""
    named = [form for form in forms if isinstance(form, Named)]
    sets = [form.value for form in named if isinstance(form.value, Interval)]
    if len(sets) < len(forms) or len({form.name for form in named}) > 1:
        return None
    if either:
        return Named(named[0].name, Union(tuple(sets)))
    above = [s for s in sets if s.right == INFINITY and s.left != MINUS_INFINITY]
    below = [s for s in sets if s.left == MINUS_INFINITY and s.right != INFINITY]
    if (len(above), len(below)) != (1, 1):
        return None
    both = Interval(above[0].left_open, above[0].left, below[0].right, below[0].right_open)
    return Named(named[0].name, both)


def approximate(text: str, read: Read) -> Form | None:
    """Read an exact value with its approximation."""
    parts = split_top(text, _ABOUT)
    if len(parts) < 2:
        return None
    forms = [read(part) for part in parts]
    named = _NAME.fullmatch(parts[0].strip())
    return Named(_name(parts[0]), forms[1]) if named else Either(tuple(forms))


def _several(parts: list[str], bracket: str, read: Read) -> Items:
    items: list[Form] = []
    for part in parts:
        form = read(part)
        nested = isinstance(form, Items) and form.bracket == "" and bracket != "("
        items += form.items if isinstance(form, Items) and nested else [form]
    return Items(tuple(items), bracket)


def bracketed(text: str, read: Read) -> Form | None:
    """Read what one pair of brackets holds."""
    for begin, end in ((r"\{", r"\}"), (r"\langle", r"\rangle"), ("(", ")"), ("[", "]"),
                       ("(", "]"), ("[", ")"), ("{", "}")):  # fmt: skip
        inner = text[len(begin) : len(text) - len(end)]
        if text.startswith(begin) and text.endswith(end) and is_one_bracket(text):
            return _inside(inner.strip(), begin + end, read)
    return None


def _inside(inner: str, brackets: str, read: Read) -> Form | None:
    if brackets == r"\{\}" and (builder := split_top(inner, _BUILDER))[1:]:
        condition = read(builder[1]) if len(builder) == 2 else None
        known = isinstance(condition, Named) and isinstance(condition.value, Interval | Union)
        return condition if known else None
    if not inner:
        return None
    parts = split_top(inner, re.compile(r"\s*[,;]\s*"))
    if brackets in ("(]", "[)", "[]"):
        if len(parts) != 2:
            return _several(parts, "(", read) if brackets == "[]" and len(parts) > 2 else None
        ends = [read(part) for part in parts]
        return Interval(brackets[0] == "(", ends[0], ends[1], brackets[1] == ")")
    if brackets == r"\{\}":
        return _several(parts, "{", read)
    if len(parts) > 1:
        return _several(parts, "" if brackets == "{}" else "(", read)
    return read(inner)


def union(text: str, read: Read) -> Form | None:
    r"""Read intervals and sets with \cup between."""
    parts = split_top(text, _UNION)
    if len(parts) < 2:
        return None
    forms = [as_interval(read(part)) for part in parts]
    if all(isinstance(form, Interval | Items) for form in forms):
        return Union(tuple(forms))
    return None


def relation(text: str, read: Read) -> Form | None:
    r"""Read x = 5, x \in [0, 1), 0 \le x < 1, x \ne 3."""
    signs = list(RELATION.finditer(text))
    if not signs:
        return None
    parts = [part.strip() for part in split_top(text, RELATION)]
    if len(parts) != len(signs) + 1:
        return None
    ops = [sign[0].lstrip("\\") for sign in signs]
    if set(ops) == {"="}:
        return _equation(parts, read)
    if ops == ["in"] and _NAME.fullmatch(parts[0]):
        return Named(_name(parts[0]), as_interval(read(parts[1])))
    if set(ops) <= {"<", "le"} or set(ops) <= {">", "ge"}:
        return _inequality(parts, ops, read)
    if ops == ["ne"] and _NAME.fullmatch(parts[0]):
        value = read(parts[1])
        below = Interval(True, MINUS_INFINITY, value, True)
        return Named(_name(parts[0]), Union((below, Interval(True, value, INFINITY, True))))
    return None


def _equation(parts: list[str], read: Read) -> Form | None:
    if _NAME.fullmatch(parts[0]):
        name, value = parts[0], parts[-1]
    elif len(parts) == 2 and _NAME.fullmatch(parts[1]):
        value, name = parts
    else:
        return None
    return Named(_name(name), read(value))


def _inequality(parts: list[str], ops: list[str], read: Read) -> Form | None:
    if ops[0] in (">", "ge"):
        parts, ops = parts[::-1], [{">": "<", "ge": "le"}[op] for op in ops[::-1]]
    names = [at for at, part in enumerate(parts) if _NAME.fullmatch(part) and part != r"\infty"]
    names = [at for at in names if not parts[at].startswith(r"\pi")]
    if len(names) != 1 or len(parts) > 3 or (len(parts) == 3 and names != [1]):
        return None
    at = names[0]
    left = read(parts[at - 1]) if at else MINUS_INFINITY
    right = read(parts[at + 1]) if at + 1 < len(parts) else INFINITY
    left_open = not at or ops[at - 1] == "<"
    right_open = at + 1 >= len(parts) or ops[at] == "<"
    return Named(_name(parts[at]), Interval(left_open, left, right, right_open))


def _name(text: str) -> str:
    return re.sub(r"[\s{}\\]", "", text)
