"""The form of an answer: number, words, interval, list, tuple, ratio, named value, or expression."""

import re
from dataclasses import dataclass, replace

from distill.verify.math_numbers import Number, decimal_comma, read_number
from distill.verify.math_text import bare, is_one_bracket, split_top


@dataclass(frozen=True)
class Words:
    """Words, or the letter of a choice; `text` is in lower case, without articles."""

    text: str


@dataclass(frozen=True)
class Letter:
    """The letter of a choice, and what stands behind it, if anything: (C) 12."""

    letter: str
    content: "Form | None" = None


@dataclass(frozen=True)
class Based:
    """A numeral with its base: 52_8."""

    digits: str
    base: int

    @property
    def value(self) -> int:
        """The number."""
        return int(self.digits, self.base)


@dataclass(frozen=True)
class Interval:
    """An interval of real numbers."""

    left_open: bool
    left: "Form"
    right: "Form"
    right_open: bool


@dataclass(frozen=True)
class Union:
    """Intervals and finite sets together."""

    parts: tuple["Form", ...]


@dataclass(frozen=True)
class Items:
    """Several values. Brackets: ( keeps the order, { is a set, nothing is a list."""

    items: tuple["Form", ...]
    bracket: str = ""
    decimal: Number | None = None
    """What it is if its comma is a decimal one: 2,74."""


@dataclass(frozen=True)
class Ratio:
    """Numbers with colons between: 3:4, 9:30."""

    parts: tuple["Form", ...]
    half: str = ""
    """am or pm, where it is a time of day."""


@dataclass(frozen=True)
class Named:
    """A value with its name: x = 5, f(x) = 2x, AB = 3."""

    name: str
    value: "Form"


@dataclass(frozen=True)
class Matrix:
    """Rows of entries."""

    rows: tuple[tuple["Form", ...], ...]


@dataclass(frozen=True)
class Either:
    """An exact value and its approximation."""

    forms: tuple["Form", ...]


@dataclass(frozen=True)
class Expression:
    """Anything else."""

    text: str

    @property
    def plain(self) -> bool:
        """Whether it states one value: no relation and no words that a parser would multiply."""
        return not _RELATION.search(self.text) and not _PROSE.search(self.text)


Form = (
    Number | Words | Letter | Based | Interval | Union | Items | Ratio | Named | Matrix | Either
    | Expression
)

_KNOWN = (
    r"sin|cos|tan|cot|sec|csc|log|ln|lg|exp|lim|max|min|gcd|lcm|mod|arcsin|arccos|arctan|sinh|cosh"
    r"|tanh|pi|sqrt|frac|cup|cap|det|deg|dim|ker|arg|inf|sup"
)
_PROSE = re.compile(rf"(?<![\\A-Za-z])(?!(?:{_KNOWN})(?![a-z]))[A-Za-z][a-z]{{2,}}(?![a-z])")
_WORDS = re.compile(r"[A-Za-z][A-Za-z'.-]*(?:[ ,/]+(?:[A-Za-z'.-]+|\d+))*")
_RELATION = re.compile(r"=|<|>|\\le(?![a-z])|\\ge(?![a-z])|\\ne(?![a-z])|\\in(?![a-z])|\\equiv|\\sim")
_LIST = re.compile(
    r"(?<=[\d)])(?:and|or)(?=[A-Z(\\\d-])|"
    r"\s*[,;]\s*(?:(?:and|or)\b)?|\s*\b(?:and|or)\b\s*|\s*\\(?:land|lor|wedge|vee)\b"
)
_GROUPS = re.compile(r"\s*;\s*")
_ABOUT = re.compile(r"\\approx(?![a-z])")
_UNION = re.compile(r"\\cup(?![a-z])|\bU\b")
_COLON = re.compile(r"\s*(?::|\\colon)\s*")
_NAME = re.compile(
    r"(?:m\s*)?(?:\\(?:angle|triangle|overline|vec|bar|hat|overrightarrow)\s*)?\{?\s*(?:"
    r"(?:[A-Za-z]|\\[a-z]+)(?:_(?:\w|\{[^{}]*\}))?'*(?:\s*\([^()=]*\))?|[A-Z]{2,4}"
    r"|[A-Za-z][a-z]{2,}(?:\s+[A-Za-z]+)*"
    r"|\([A-Za-z](?:\s*,\s*[A-Za-z])+\)|\|[A-Z]{2}\|"
    r")\s*\}?(?:°)?"
)
_SPOKEN = re.compile(
    r"(?:\\?[A-Za-z][\w'-]*[ ,]+)*?(?:is|are|equals?|becomes|answer|value|solutions?)\s*:?\s+(\S.*)"
    r"|(?:[A-Z]?[a-z]+[ ,]+)*[A-Z]?[a-z]{3,}\s*:\s*(\S.*)"
)
_BASED = re.compile(r"([0-9A-Fa-f]+)\s*(?:_\s*\{?\s*(\d{1,2})\s*\}?|\(?\s*\(?base\s+(\d{1,2})\)?)")
_LETTER = re.compile(r"\(([A-Z])\)|([A-Z])\)?|[\[{]([A-Z])[\]}]")
_CHOICE = re.compile(r"(?:\(([A-J])\)|([A-J])[.):])\s*(\S.*)")
_CLOCK = re.compile(r"(.*\d)\s*([ap])\.?\s?m\.?", re.IGNORECASE)
_MATRIX = re.compile(r"\\begin\{([pbB]?matrix|array)\}(?:\{[lcr|]*\})?(.*)\\end\{\1\}", re.DOTALL)
_PLUS_MINUS = re.compile(r"\\(pm|mp)(?![a-z])\s*")
_SHORT = frozenset({"no", "up"})
_EMPTY = frozenset({"no solution", "no solutions", "none", "empty set", "no real solutions"})
_REALS = frozenset({"all real numbers", "all reals", "all real", "any real number"})
MAX_DEPTH = 8
MAX_CHARS = 2000


def read(text: str, depth: int = 0) -> Form:
    """Return the form of cleaned mathematics; what is too long or too deep is an Expression."""
    text = bare(text)
    if len(text) > MAX_CHARS or depth > MAX_DEPTH or not text:
        return Expression(text)
    for reader in _READERS:
        form = reader(text, depth + 1)
        if form is not None:
            return form
    return Expression(text)


def _number(text: str, depth: int) -> Form | None:
    return read_number(text)


def _matrix(text: str, depth: int) -> Form | None:
    if "\\\\" not in text and r"\begin" not in text:
        return None
    match = _MATRIX.fullmatch(text)
    if match is None or r"\begin" in match[2]:
        return Expression(text)
    rows = [row for row in match[2].split(r"\\") if row.strip()]
    return Matrix(tuple(tuple(read(cell, depth) for cell in row.split("&")) for row in rows))


def _letter(text: str, depth: int) -> Form | None:
    if match := _LETTER.fullmatch(text):
        return Letter(match[1] or match[2] or match[3])
    if match := _CHOICE.fullmatch(text):
        return Letter(match[1] or match[2], read(match[3], depth))
    return None


def _based(text: str, depth: int) -> Form | None:
    match = _BASED.fullmatch(text)
    if match is None:
        return None
    digits, base = match[1], int(match[2] or match[3])
    try:
        int(digits, base)
    except ValueError:
        return None
    return Based(digits.lower(), base)


def _words(text: str, depth: int) -> Form | None:
    spoken = text.lower().strip(" .")
    if spoken in _EMPTY or text in (r"\emptyset", r"\{\}", r"\{ \}"):
        return Words("no solution")
    if spoken in _REALS or text in (r"\mathbb{R}", "R"):
        infinity = Expression(r"\infty")
        return Interval(True, Expression(r"-\infty"), infinity, True)
    if not _WORDS.fullmatch(text) or not (_PROSE.search(spoken) or spoken in _SHORT):
        return None
    if re.search(r",|\b(?:and|or|is|are)\b", text):
        return None
    words = [w for w in re.findall(r"[a-z']+|\d+", spoken) if w not in ("a", "an", "the")]
    return Words(" ".join(words))


def _spoken(text: str, depth: int) -> Form | None:
    match = _SPOKEN.fullmatch(text)
    return read(match[1] or match[2], depth) if match else None


def _list(text: str, depth: int) -> Form | None:
    groups = split_top(text, _GROUPS)
    if len(groups) > 1 and any(len(split_top(group, _LIST)) > 1 for group in groups):
        return Items(tuple(read(group, depth) for group in groups))
    parts = [part for part in split_top(text, _LIST) if part.strip()]
    if len(parts) < 2:
        return None
    found = replace(_several(parts, "", depth), decimal=decimal_comma(text))
    return _either(found.items) or found if re.search(r"\bor\b|\\lor|\\vee", text) else found


def _either(forms: tuple[Form, ...]) -> Form | None:
    """Return x < 1 or x > 2 as one set."""
    named = [form for form in forms if isinstance(form, Named) and isinstance(form.value, Interval)]
    if len(named) < len(forms) or len({form.name for form in named}) > 1:
        return None
    return Named(named[0].name, Union(tuple(form.value for form in named)))


def _approximate(text: str, depth: int) -> Form | None:
    parts = split_top(text, _ABOUT)
    if len(parts) < 2:
        return None
    forms = [read(part, depth) for part in parts]
    named = _NAME.fullmatch(parts[0].strip())
    return Named(_name(parts[0]), forms[1]) if named else Either(tuple(forms))


def _several(parts: list[str], bracket: str, depth: int) -> Items:
    items: list[Form] = []
    for part in parts:
        form = read(part, depth)
        nested = isinstance(form, Items) and form.bracket == "" and bracket != "("
        items += form.items if isinstance(form, Items) and nested else [form]
    return Items(tuple(items), bracket)


def _bracketed(text: str, depth: int) -> Form | None:
    for begin, end in ((r"\{", r"\}"), (r"\langle", r"\rangle"), ("(", ")"), ("[", "]"),
                       ("(", "]"), ("[", ")"), ("{", "}")):  # fmt: skip
        inner = text[len(begin) : len(text) - len(end)]
        if text.startswith(begin) and text.endswith(end) and is_one_bracket(text):
            return _inside(inner.strip(), begin + end, depth)
    return None


def _inside(inner: str, brackets: str, depth: int) -> Form | None:
    if not inner or re.search(r"\\mid(?![a-z])|\|", inner):
        return None
    parts = split_top(inner, re.compile(r"\s*[,;]\s*"))
    if brackets in ("(]", "[)", "[]"):
        if len(parts) != 2:
            return _several(parts, "(", depth) if brackets == "[]" and len(parts) > 2 else None
        ends = [read(part, depth) for part in parts]
        return Interval(brackets[0] == "(", ends[0], ends[1], brackets[1] == ")")
    if brackets == r"\{\}":
        return _several(parts, "{", depth)
    if len(parts) > 1:
        return _several(parts, "" if brackets == "{}" else "(", depth)
    return read(inner, depth)


def _union(text: str, depth: int) -> Form | None:
    parts = split_top(text, _UNION)
    if len(parts) < 2:
        return None
    forms = [as_interval(read(part, depth)) for part in parts]
    if all(isinstance(form, Interval | Items) for form in forms):
        return Union(tuple(forms))
    return None


def as_interval(form: Form) -> Form:
    """Return (a, b) as the open interval that it may be."""
    if isinstance(form, Items) and form.bracket == "(" and len(form.items) == 2:
        return Interval(True, form.items[0], form.items[1], True)
    return form


def _relation(text: str, depth: int) -> Form | None:
    signs = [m for m in _RELATION.finditer(text)]
    if not signs:
        return None
    parts = [part.strip() for part in split_top(text, _RELATION)]
    if len(parts) != len(signs) + 1:
        return None
    ops = [sign[0].lstrip("\\") for sign in signs]
    if set(ops) == {"="}:
        return _equation(parts, depth)
    if ops == ["in"] and _NAME.fullmatch(parts[0]):
        return Named(_name(parts[0]), as_interval(read(parts[1], depth)))
    if set(ops) <= {"<", "le"} or set(ops) <= {">", "ge"}:
        return _inequality(parts, ops, depth)
    if ops == ["ne"] and _NAME.fullmatch(parts[0]):
        value, infinity = read(parts[1], depth), Expression(r"\infty")
        below = Interval(True, Expression(r"-\infty"), value, True)
        return Named(_name(parts[0]), Union((below, Interval(True, value, infinity, True))))
    return None


def _equation(parts: list[str], depth: int) -> Form | None:
    if _NAME.fullmatch(parts[0]):
        name, value = parts[0], parts[-1]
    elif len(parts) == 2 and _NAME.fullmatch(parts[1]):
        value, name = parts
    else:
        return None
    return Named(_name(name), read(value, depth))


def _inequality(parts: list[str], ops: list[str], depth: int) -> Form | None:
    if ops[0] in (">", "ge"):
        parts, ops = parts[::-1], [{">": "<", "ge": "le"}[op] for op in ops[::-1]]
    names = [at for at, part in enumerate(parts) if _NAME.fullmatch(part) and part != r"\infty"]
    names = [at for at in names if not parts[at].startswith(r"\pi")]
    if len(names) != 1 or len(parts) > 3 or (len(parts) == 3 and names != [1]):
        return None
    at = names[0]
    left = read(parts[at - 1], depth) if at else Expression(r"-\infty")
    right = read(parts[at + 1], depth) if at + 1 < len(parts) else Expression(r"\infty")
    left_open = not at or ops[at - 1] == "<"
    right_open = at + 1 >= len(parts) or ops[at] == "<"
    return Named(_name(parts[at]), Interval(left_open, left, right, right_open))


def _name(text: str) -> str:
    return re.sub(r"[\s{}\\]", "", text)


def _ratio(text: str, depth: int) -> Form | None:
    clock = _CLOCK.fullmatch(text)
    parts = split_top(clock[1] if clock else text, _COLON)
    forms = [read_number(part.strip()) for part in parts]
    if len(parts) < 2 and not clock or any(form is None for form in forms):
        return None
    return Ratio(tuple(f for f in forms if f), f"{clock[2].lower()}m" if clock else "")


def _plus_minus(text: str, depth: int) -> Form | None:
    if len(_PLUS_MINUS.findall(text)) != 1 or _RELATION.search(text):
        return None
    plus, minus = _PLUS_MINUS.sub("+", text), _PLUS_MINUS.sub("-", text)
    return Items((read(plus.removeprefix("+"), depth), read(minus, depth)))


_READERS = (
    _matrix, _number, _letter, _based, _union, _bracketed, _spoken, _words, _list, _relation,
    _ratio, _approximate, _plus_minus,
)  # fmt: skip
