r"""Finding the final answer in what a model wrote: \boxed{}, <answer> tags, announcing words."""

import re
from dataclasses import dataclass

_TOKEN = re.compile(r"\\boxed\s*\{|\\.|[{}]", re.DOTALL)
_TAG = re.compile(r"<answer>(.*?)</answer>", re.DOTALL | re.IGNORECASE)
_ANNOUNCED = re.compile(r"\banswer(?:\s+is\b\s*:?|\s*:)(?!\s*:)[ \t*]*(\S.*)", re.IGNORECASE)
_TEXT_COMMAND = re.compile(r"\\(?:text|mathrm|textbf|mathbf)\{([^{}]*)\}")
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
