"""Mathematics as calculators and programs write it: 2*pi, x**2, sqrt(3)/2, e^(-8*x), as LaTeX."""

import re

_GREEK = "pi|theta|alpha|beta|gamma|lambda|phi|omega"
_NAMES = re.compile(rf"(?<![\\A-Za-z])({_GREEK})(?![A-Za-z])")
_FUNCTIONS = re.compile(
    r"(?<![\\A-Za-z])(arcsin|arccos|arctan|sinh|cosh|tanh|sin|cos|tan|cot|sec|csc|ln|log)"
    r"(?=\s*[({^\\\d]|\s+[a-z](?![a-z]))"
)
_CALLS = {"sqrt": (r"\sqrt{", "}"), "abs": ("|", "|"), "exp": ("e^{", "}"), "^": ("^{", "}")}
_CALL = re.compile(r"(?<![\\A-Za-z])(sqrt|abs|exp)\s*\(|(\^)\s*\(")
_POWER = re.compile(r"\^\s*(-?\d{2,}|-\d)")
_TIMES = re.compile(r"\s*\*\s*")


def to_latex(text: str) -> str:
    """Return cleaned mathematics with what is plain text in it as LaTeX; LaTeX stays as it is."""
    text = text.replace("**", "^")
    for _ in range(text.count("(")):
        match = _CALL.search(text)
        end = _closing(text, match.end()) if match else None
        if match is None or end is None:
            break
        before, after = _CALLS[match[1] or match[2]]
        inner = text[match.end() : end]
        text = f"{text[: match.start()]}{before}{inner}{after}{text[end + 1 :]}"
    text = _FUNCTIONS.sub(r"\\\1 ", _NAMES.sub(r"\\\1 ", text))
    return _TIMES.sub(r" \\cdot ", _POWER.sub(r"^{\1}", text))


def _closing(text: str, begin: int) -> int | None:
    """Return where the bracket that opens before `begin` closes."""
    depth = 1
    for at in range(begin, len(text)):
        depth += (text[at] == "(") - (text[at] == ")")
        if depth == 0:
            return at
    return None
