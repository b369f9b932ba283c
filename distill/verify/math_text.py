r"""One spelling for mathematics: LaTeX's, Unicode's and plain text's ways to write the same."""

# ruff: noqa: RUF001 - signs that look alike are what this is about

import re
import unicodedata

_SYMBOLS = {
    "−": "-", "–": "-", "﹣": "-", "×": r"\times ", "÷": r"\div ", "·": r"\cdot ", "⋅": r"\cdot ",
    "∗": "*", "π": r"\pi ", "∞": r"\infty ", "∪": r"\cup ", "∩": r"\cap ", "∈": r"\in ",
    "≤": r"\le ", "⩽": r"\le ", "≥": r"\ge ", "⩾": r"\ge ", "≠": r"\ne ", "≈": r"\approx ",
    "±": r"\pm ", "∓": r"\mp ", "°": "°", "º": "°", "θ": r"\theta ", "α": r"\alpha ",
    "β": r"\beta ", "λ": r"\lambda ", "ℝ": r"\mathbb{R}", "∅": r"\emptyset ", "∖": r"\setminus ",
    "²": "^2", "³": "^3", "½": r"\frac{1}{2}", "¼": r"\frac{1}{4}", "¾": r"\frac{3}{4}",
    "⅓": r"\frac{1}{3}", "⅔": r"\frac{2}{3}", "，": ",", "；": ";", "：": ":", "（": "(", "）": ")",
    "％": "%", "’": "'", "“": '"', "”": '"', "\u00a0": " ", "\u2009": " ", "\u202f": " ",
    "…": "...", "⟨": r"\langle ", "⟩": r"\rangle ",
}  # fmt: skip
_UNICODE = str.maketrans(_SYMBOLS)
_REWRITES = [
    (re.compile(pattern), new)
    for pattern, new in [
        (r"\\(?:left|right|[bB]ig[lr]?|[bB]igg[lr]?)(?![a-zA-Z])\s*\.?", ""),
        (r"\\(?:displaystyle|textstyle|limits|allowbreak)(?![a-zA-Z])", ""),
        (r",\\!\s*", ","),
        (r"(?<!\\)\\!|\\(?:checkmark|blacksquare|square|qed)(?![a-zA-Z])", ""),
        (r"\{,\}", ","),
        (r"(?<!\\)\\[,;: ]|\\(?:quad|qquad|thinspace)(?![a-zA-Z])|~", " "),
        (r"\\[dtc]frac(?![a-zA-Z])", r"\\frac"),
        (r"\\(?:leq|leqslant)(?![a-zA-Z])|<=", r"\\le "),
        (r"\\(?:geq|geqslant)(?![a-zA-Z])|>=", r"\\ge "),
        (r"\\neq(?![a-zA-Z])|!=", r"\\ne "),
        (r"\\lt(?![a-zA-Z])", "<"),
        (r"\\gt(?![a-zA-Z])", ">"),
        (r"\\(?:lbrace|\{)", r"\\{"),
        (r"\\(?:rbrace|\})", r"\\}"),
        (r"\\lbrack(?![a-zA-Z])", "["),
        (r"\\rbrack(?![a-zA-Z])", "]"),
        (r"\\(?:infin|infty)(?![a-zA-Z])|\binfinity\b|\boo\b", r"\\infty "),
        (r"\^\s*\{?\s*\\circ\s*\}?|\\degree(?![a-zA-Z])|\\circ(?![a-zA-Z])", "°"),
        (r"\\varnothing(?![a-zA-Z])", r"\\emptyset "),
        (r"\\(?:backslash|smallsetminus)(?![a-zA-Z])", r"\\setminus "),
        (r"\\%", "%"),
        (r"(?<=\d)\s*(?:\\[lc]?dots(?![a-zA-Z])|\.\.\.)", r"\\ldots"),
        (r"(?:√|\\sqrt)\s*\(([^()]*)\)|√\s*(\d+|[a-z])", r"\\sqrt{\1\2}"),
        (r"\\frac\s*(\d)\s*(\d)", r"\\frac{\1}{\2}"),
        (r"\\frac\s*(\d)\s*\{", r"\\frac{\1}{"),
        (r"(\\frac\{[^{}]*\})\s*(\d)", r"\1{\2}"),
        (r"\\sqrt\s*(\d|[a-z](?![a-zA-Z]))", r"\\sqrt{\1}"),
        (r"(\\(?:frac|sqrt))\s+(?=\{)", r"\1"),
        (r"\}\s+\{", "}{"),
    ]
]  # fmt: skip
_TEXT = re.compile(
    r"\\(?:text|textnormal|textrm|textbf|textit|textsf|texttt|mbox|hbox|mathrm|mathbf|mathit|mathsf"
    r"|boldsymbol|operatorname|underline|boxed|fbox|rm|bf)\*?\s*\{([^{}]*)\}"
)
_SIGNS = ("\\", "√", "<", ">", "!", "{", "~", "...", "inf")
"""Without any of them nothing is rewritten: most answers are plain numbers."""
_SPACE = re.compile(r" (?!\d)|(?<!\d) ")
_SUBSCRIPT = re.compile("[\u2080-\u2089]+")
_ROOT = re.compile(r"∛\s*(\d+|[a-z])")
_UNIT_LETTERS = {"m": "meters", "g": "grams", "s": "seconds", "h": "hours", "L": "liters"}
_LOOSE = re.compile(r"(?<=\{) | (?=\})|(?<=°) (?=[CF]\b)")
_PAIRS = (
    ("$$", "$$"),
    ("$", "$"),
    (r"\(", r"\)"),
    (r"\[", r"\]"),
    ("**", "**"),
    ("`", "`"),
    ('"', '"'),
)
_TRIGONOMETRY = re.compile(
    r"\\(sin|cos|tan|cot|sec|csc)(?![a-z])\s*[({]?\s*(\d+(?:\.\d+)?)\s*°\s*[)}]?"
)
MONEY = "¤"
"""Stands for a dollar sign that means money."""


def clean(text: str) -> str:
    r"""Return mathematics in one spelling, without delimiters and fonts; ^\circ is °, \$ is ¤."""
    text = text.translate(_UNICODE)
    if not text.isascii():
        text = _ROOT.sub(r"\\sqrt[3]{\1}", _SUBSCRIPT.sub(_below, text))
        text = unicodedata.normalize("NFKC", text).replace("\N{FRACTION SLASH}", "/")
    if any(sign in text for sign in _SIGNS):
        for pattern, new in _REWRITES:
            text = pattern.sub(new, text)
        text = text.replace(r"\$", MONEY)
        before = None
        while text != before:
            before, text = text, _TEXT.sub(_plain, text)
    text = bare(text)
    if "$" in text:  # one alone is money; in pairs they delimit
        text = text.replace("$", MONEY if text.count("$") == 1 else " ")
    return _LOOSE.sub("", " ".join(text.split()))


def _below(match: re.Match[str]) -> str:
    return f"_{{{unicodedata.normalize('NFKC', match[0])}}}"


def _plain(match: re.Match[str]) -> str:
    """Return the words of a text command; a letter alone in it is a unit, not a variable."""
    return f" {_UNIT_LETTERS.get(match[1].strip(), match[1])} "


def tight(text: str) -> str:
    """Return cleaned mathematics without its spaces; 1 1/2 keeps the one that means something."""
    return _SPACE.sub("", text)


def bare(text: str) -> str:
    """Return a text without what stands around it: mathematics delimiters, markdown, full stops."""
    before = None
    while text != before:
        before = text
        text = text.strip().rstrip(".;,:").rstrip()
        if text.endswith("\\") and not text.endswith("\\\\"):
            text = text[:-1]
        for begin, end in _PAIRS:
            inner = text[len(begin) : len(text) - len(end)]
            if text.startswith(begin) and text.endswith(end) and inner and end not in inner:
                text = inner
    return text


def as_latex(text: str) -> str:
    """Return cleaned mathematics as a LaTeX parser takes it."""
    text = _TRIGONOMETRY.sub(r"\\\1{(\\frac{\2 \\pi}{180})}", text)
    return text.replace("°", r"^\circ").replace(MONEY, "").replace("$", "")


def split_top(text: str, pattern: re.Pattern[str]) -> list[str]:
    """Split at matches that lie in no bracket; no split where brackets do not close.

    ( and ] may close each other: (0, 1] is an interval.
    """
    depths = _depths(text)
    if depths is None:
        return [text]
    begin, parts = 0, []
    for match in pattern.finditer(text):
        if match.start() > 0 and match.end() > match.start() and depths[match.start()] == 0:
            parts.append(text[begin : match.start()])
            begin = match.end()
    return [*parts, text[begin:]]


def is_one_bracket(text: str) -> bool:
    """Whether the bracket that opens a text closes at its end, not before."""
    depths = _depths(text)
    if not depths or len(text) < 2:
        return False
    closing = text.rfind("\\") if text[-1].isalpha() or text[-2] == "\\" else -1  # ), \}, \rangle
    return all(depths[:closing])


def _depths(text: str) -> list[int] | None:
    """Return how many brackets are open after each character; None where they do not close."""
    depth, depths = 0, [0] * len(text)
    for token in _BRACKET.finditer(text):
        sign = token[1] or token[2]
        if sign is None:  # an escaped character or a command
            opens, closes = token[0] in _OPENING, token[0] in _CLOSING
        else:
            opens, closes = sign in "([{", sign in ")]}"
        depth += opens - closes
        if depth < 0:
            return None
        depths[token.start() : token.end()] = [depth] * len(token[0])
    return None if depth else depths


_OPENING = frozenset({r"\{", r"\langle", r"\begin"})
_CLOSING = frozenset({r"\}", r"\rangle", r"\end"})
_BRACKET = re.compile(r"\\(?:[a-zA-Z]+|.)|([(\[{])|([)\]}])|[^\\()\[\]{}]+", re.DOTALL)
