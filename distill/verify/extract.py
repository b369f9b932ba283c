r"""Finding the final answer in what a model wrote: \boxed{}, <answer> tags, announcing words."""

import re
from dataclasses import dataclass

_TOKEN = re.compile(r"\\boxed\s*\{|\\.|[{}]", re.DOTALL)
_TAG = re.compile(r"<answer>(.*?)</answer>", re.DOTALL | re.IGNORECASE)
_ANNOUNCED = re.compile(r"\banswer(?:\s+is\b\s*:?|\s*:)(?!\s*:)[ \t*]*(\S.*)", re.IGNORECASE)
_TEXT_COMMAND = re.compile(r"\\(?:text|mathrm|textbf|mathbf)\{([^{}]*)\}")
_LAST_ANNOUNCED = re.compile(
    r"(?:\banswer(?:\s+is\b\s*:?|\s*:)(?!\s*:)|^A:)[ \t*]*"
    r"(\S(?:(?!\banswer(?:\s+is\b|\s*:)).)*)",
    re.IGNORECASE | re.MULTILINE,
)
_SENTENCE_END = re.compile(r"\.\s|\.$|\s*<\||,?\s+(?:because|since|so|which|as|not)\b")
_PROSE = re.compile(r"[A-Za-z]{2,}\b[^=]*?\s")
MAX_BARE_CHARS = 120
_GAP = re.compile(
    r"(?:\s|[$,;&*]|\\[()\[\],; ]|\\q?quad|\\(?:text|mbox)\{|\}|\band\b|\bor\b"
    r"|[A-Za-z](?:_\{?\w\}?)?\s*=)*"
)
FAR_CHARS = 60
_WRAPPERS = ("**", "$$", "$", "`", r"\(", r"\)", r"\[", r"\]")


@dataclass(frozen=True, kw_only=True)
class Box:
    r"""A complete \boxed{content}: where it begins and ends in the text, and what is inside."""

    begin: int
    end: int
    content: str


def boxes(text: str) -> list[Box]:
    r"""Return the complete, outermost \boxed{...} of a text in order."""
    found: list[Box] = []
    opened: list[tuple[int, int] | None] = []
    for token in _TOKEN.finditer(text):
        if token.group().startswith("\\boxed"):
            opened.append(token.span())
        elif token.group() == "{":
            opened.append(None)
        elif token.group() == "}" and opened and (box := opened.pop()):
            begin, inside = box
            while found and found[-1].begin > begin:
                found.pop()
            content = text[inside : token.start()].strip()
            found.append(Box(begin=begin, end=token.end(), content=content))
    return found


@dataclass(frozen=True, kw_only=True)
class Stated:
    """The words of a final answer."""

    text: str
    certain: bool = True
    """Whether it is all of the answer, so that another one elsewhere does not count."""


def stated(text: str) -> Stated | None:
    r"""Return what a text states as its final answer, or None where it only tells of it.

    The last boxes, <answer> tags, what is announced on its line, or all of a short line.
    """
    if boxed := boxed_group(text):
        return boxed
    if tagged := [match.strip() for match in _TAG.findall(text)]:
        return Stated(text=tagged[-1])
    if announced := _LAST_ANNOUNCED.findall(text):
        return Stated(text=_SENTENCE_END.split(announced[-1], maxsplit=1)[0])
    line = text.strip()
    if "\n" not in line and len(line) <= MAX_BARE_CHARS:
        return Stated(text=line, certain=not _PROSE.match(line))
    return None


def boxed_group(text: str) -> Stated | None:
    r"""Return the last \boxed{}, with those that only commas, "and" or "or" join to it."""
    found = boxes(text)
    if not found:
        return None
    first = len(found) - 1
    while first and _GAP.fullmatch(_gap(text, found, first)):
        first -= 1
    contents = list(dict.fromkeys(box.content for box in found[first:]))
    alone = len(contents) == 1 and (
        not first
        or len(_gap(text, found, first)) > FAR_CHARS
        or found[first - 1].content in contents
    )
    return Stated(text=", ".join(contents), certain=alone and not announces(text[found[-1].end :]))


def announces(text: str) -> bool:
    """Whether a text says that an answer follows."""
    return _LAST_ANNOUNCED.search(text) is not None


def _gap(text: str, found: list[Box], number: int) -> str:
    """Return what stands between a box and the one before it, up to what makes them strangers."""
    return text[found[number - 1].end : found[number].begin][: FAR_CHARS + 1]


def final_answer(text: str, *, num_lines: int = 1) -> str:
    r"""Return the final answer in a text, by the first of these rules that finds something:

    1. the last <answer>...</answer>;
    2. the last \boxed{...};
    3. what follows the last "answer is" or "answer:" on its line, if the answer is one line;
    4. the last `num_lines` lines.

    Markdown and mathematics signs around it are removed; a full stop at its end stays.
    """
    if tagged := [match.strip() for match in _TAG.findall(text)]:
        return unwrap(tagged[-1])
    if boxed := boxes(text):
        return unwrap(boxed[-1].content)
    if num_lines == 1 and (announced := _ANNOUNCED.findall(text)):
        return unwrap(announced[-1])
    return unwrap("\n".join(text.rstrip().splitlines()[-num_lines:]))


def unwrap(text: str) -> str:
    r"""Return a text without the signs around it: **, $, `, \( \), \text{}."""
    before = None
    while text != before:
        before = text
        text = _TEXT_COMMAND.sub(r"\1", text.strip())
        for sign in _WRAPPERS:
            text = text.removeprefix(sign).removesuffix(sign)
    return text
