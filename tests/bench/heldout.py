"""Verdicts nobody tuned a rule on: golds of MATH's training part, rewritten by program.

Each rewriting is equivalent by construction or a near miss by construction (another sign, unit,
order of magnitude, bracket, base, order; a solution left out or added). They were written before
the rules were tried on them.
"""

import json
import random
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

from tests.bench.cases import Case

A_KIND = 24
"""Golds of a kind; each gives up to three equivalent forms and as many near misses."""
NUMBER = r"-?\d+(?:\.\d+)?"
SAYINGS = (
    r"So we get \boxed{%s}.",
    r"Therefore the answer is $\boxed{%s}$.",
    "Adding them up.\n\n**Final Answer**\n\\[\n\\boxed{%s}\n\\]",
    r"Thus, the value is \(\boxed{%s}\), as claimed.",
)


Rewriting = Callable[[re.Match[str]], tuple[list[str], list[str]]]
"""Equivalent forms, and near misses, of a gold that a pattern matched."""


def integer(m: re.Match[str]) -> tuple[list[str], list[str]]:
    n = int(m[0])
    return (
        [
            f"{n:,}",
            f"{n}.0",
            f"n = {n}",
            f"\\frac{{{2 * n}}}{{2}}",
            f"\\text{{The answer is }} {n}",
        ],
        [str(n + 1), str(-n or 1), f"{n * 10 or 10}", f"{n}.5", f"{n}, {n + 1}"],
    )


def fraction(m: re.Match[str]) -> tuple[list[str], list[str]]:
    sign, p, q = m[1], int(m[2]), int(m[3])
    whole, rest = divmod(p, q)
    good = [f"{sign}{p}/{q}", f"{sign}\\dfrac{{{p}}}{{{q}}}", f"{sign}\\frac{{{3 * p}}}{{{3 * q}}}"]
    good += [f"x = {sign}\\tfrac{{{p}}}{{{q}}}", f"\\frac{{{sign}{p}}}{{{q}}}"]
    if whole and rest and not sign:
        good = [f"{whole}\\frac{{{rest}}}{{{q}}}", f"{whole} {rest}/{q}", *good]
    if 10**6 % q == 0:
        good.insert(0, f"{float(Fraction(p, q) * (-1 if sign else 1)):.10g}")
    other = "" if sign else "-"
    bad = [f"{other}\\frac{{{p}}}{{{q}}}", f"{sign}\\frac{{{p + 1}}}{{{q}}}", f"{sign}{p}{q}"]
    bad += [f"{sign}\\frac{{{q}}}{{{p}}}"] if p != q else []
    return good, [*bad, f"{sign}\\frac{{{p}}}{{{q}0}}"]


def percent(m: re.Match[str]) -> tuple[list[str], list[str]]:
    n = m[1]
    return (
        [n, f"{n}\\%", f"{n} percent", f"{n} \\text{{ percent}}", f"\\frac{{{n}}}{{100}}"],
        [f"{n}0\\%", f"-{n}\\%", f"{Fraction(n) + 1}\\%", f"0.{n}\\%"],
    )


def money(m: re.Match[str]) -> tuple[list[str], list[str]]:
    n = m[1].replace(",", "").replace(r"\!", "")
    return (
        [n, f"\\${n}", f"{n} \\text{{ dollars}}", f"\\text{{\\${n}}}", f"{float(n):,.2f}"],
        [f"{n} \\text{{ cents}}", f"\\${float(n) * 10:g}", f"-{n}", f"\\${float(n) + 1:g}"],
    )


def degrees(m: re.Match[str]) -> tuple[list[str], list[str]]:
    n = m[1]
    return (
        [n, f"{n}^{{\\circ}}", f"{n}°", f"{n} \\text{{ degrees}}", f"\\angle A = {n}^\\circ"],
        [f"1{n}^\\circ", f"-{n}^\\circ", f"{float(n) + 1:g}^\\circ", f"{n} \\text{{ radians}}"],
    )


UNITS = {
    "inches": ("in", "feet"),
    "feet": ("ft", "yards"),
    "miles": ("mi", "kilometers"),
    "cents": ("cents", "dollars"),
    "hours": ("hr", "minutes"),
    "minutes": ("min", "seconds"),
    "seconds": ("s", "hours"),
    "pounds": ("lb", "ounces"),
    "square inches": ("in}^2\\text{", "square feet"),
    "square feet": ("ft}^2\\text{", "square yards"),
    "square centimeters": ("cm}^2\\text{", "square meters"),
    "cubic inches": ("in}^3\\text{", "square inches"),
    "cm": ("centimeters", "m"),
}


def quantity(m: re.Match[str]) -> tuple[list[str], list[str]]:
    n, unit = m[1].strip(), m[2].strip().rstrip(".")
    short, other = UNITS[unit]
    return (
        [n, f"{n} \\text{{ {short}}}", f"{n} \\mathrm{{~{unit}}}", f"\\text{{{n} {unit}}}"],
        [
            f"{n} \\text{{ {other}}}",
            f"1{n.lstrip('-')} \\text{{ {unit}}}",
            f"-{n} \\text{{ {unit}}}",
        ],
    )


def interval(m: re.Match[str]) -> tuple[list[str], list[str]]:
    left, a, b, right = m.groups()
    one, two = "<" if left == "(" else r"\le", "<" if right == ")" else r"\leq"
    flip = {"(": "[", "[": "(", ")": "]", "]": ")"}
    return (
        [f"\\left{left}{a},\\, {b}\\right{right}", f"{a} {one} x {two} {b}",
         f"x \\in {left}{a}, {b}{right}"],
        [f"{flip[left]}{a},{b}{right}" if "inf" not in a else f"{left}1{a},{b}{flip[right]}",
         f"{left}{a},{b}{flip[right]}" if "inf" not in b else f"{flip[left]}{a},{b}{right}",
         f"{left}{a},-{b}{right}" if b != "0" else f"{left}{a},1{right}"],
    )  # fmt: skip


def union(m: re.Match[str]) -> tuple[list[str], list[str]]:
    first, second = m[1].strip(), m[2].strip()
    closed = first.replace("(", "[", 1) if first.startswith("(") and r"-\infty" not in first else ""
    other = second.replace(")", "]") if second.endswith(")") and r"\infty" not in second else ""
    return (
        [f"{second} \\cup {first}", f"x \\in {first}\\cup{second}", f"{first} \u222a {second}"],
        [first, second, *filter(None, [closed and f"{closed} \\cup {second}",
                                       other and f"{first} \\cup {other}"])],
    )  # fmt: skip


def pair(m: re.Match[str]) -> tuple[list[str], list[str]]:
    a, b = m[1], m[2]
    bad = [f"({a},{b}1)", f"(-{a},{b})".replace("--", ""), f"({a},{b},{a})", f"{a}"]
    bad = [text for text in bad if text != m[0].replace(" ", "") and not text.startswith("(-0,")]
    if a != b:
        bad.insert(0, f"({b},{a})")
    return (
        [f"\\left({a},\\,{b}\\right)", f"(x, y) = ({a}, {b})", f"( {a}.0 , {b} )"
         if "." not in a else f"({a}0, {b})"],
        bad,
    )  # fmt: skip


def several(m: re.Match[str]) -> tuple[list[str], list[str]]:
    parts = [part.strip() for part in m[0].split(",")]
    back, last = parts[::-1], parts[-1]
    return (
        [", ".join(back), f"\\{{{', '.join(parts)}\\}}", " \\text{ and } ".join(back),
         ", ".join(f"x = {part}" for part in parts)],
        [", ".join(part for part in parts if part != last), ", ".join([*parts, "977"]),
         ", ".join([*parts[:-1], f"{last}1"]), last],
    )  # fmt: skip


def plus_minus(m: re.Match[str]) -> tuple[list[str], list[str]]:
    a, b = m[1].strip(), m[2].strip()
    return (
        [f"{a} + {b}, {a} - {b}", f"x = {a} \\pm {b}", f"\\{{{a} - {b}, {a} + {b}\\}}"],
        [f"{a} + {b}", f"{a} - {b}", f"{a} \\pm 2{b}"],
    )


def line(m: re.Match[str]) -> tuple[list[str], list[str]]:
    right = m[2].strip()
    return (
        [f"{m[1]}={right}", f"{right} = {m[1]}", right, f"$ {m[1]} = {right} $"],
        [f"{m[1]} = {right} + 1", f"{m[1]} = -({right})", f"{m[1]} = 2({right})"],
    )


def based(m: re.Match[str]) -> tuple[list[str], list[str]]:
    digits, base = m[1], int(m[2].strip("{}"))
    return (
        [f"{digits}_{{{base}}}", f"{digits}_{base}", f"{int(digits, base)}_{{10}}"],
        [f"{digits}_{{{base + 1}}}", f"{digits}0_{{{base}}}", f"1{digits}_{{{base}}}"],
    )


def words(m: re.Match[str]) -> tuple[list[str], list[str]]:
    text = m[1].strip()
    wrong = [w for w in ("odd", "east", "Tuesday", "parabola", "yes") if w.lower() != text.lower()]
    return (
        [text, f"\\mathrm{{{text}}}", f"\\textbf{{{text}}}", f"\\text{{{text.lower()}}}"],
        [f"\\text{{{wrong[0]}}}", f"\\text{{{wrong[1]}}}", f"\\text{{not {text}}}"],
    )


def column(m: re.Match[str]) -> tuple[list[str], list[str]]:
    inside = m[1]
    rows = [row.strip() for row in inside.split(r"\\")]
    wrong = [[*rows[:-1], f"{rows[-1]} + 1"], rows[::-1], rows[:-1]]
    sign = r" \\ "
    return (
        [f"\\begin{{bmatrix}} {inside} \\end{{bmatrix}}",
         f"\\begin{{pmatrix}}{inside}\\end{{pmatrix}}"],
        [f"\\begin{{pmatrix}} {sign.join(bad)} \\end{{pmatrix}}" for bad in wrong if bad != rows],
    )  # fmt: skip


def surd(m: re.Match[str]) -> tuple[list[str], list[str]]:
    a, b = m[1], int(m[2])
    n = int(a or 1)
    return (
        [f"\\sqrt{{{n * n * b}}}", f"{a}\\sqrt{{{b}}}", f"\\sqrt{{{b}}} \\cdot {n}"],
        [f"-{a}\\sqrt{{{b}}}", f"{a}\\sqrt{{{b + 1}}}", f"{n * b}", f"{n + 1}\\sqrt{{{b}}}"],
    )


KINDS: dict[str, tuple[str, Rewriting]] = {
    "integer": (r"-?\d+", integer),
    "fraction": (r"(-?)\\d?frac\{(\d+)\}\{(\d+)\}", fraction),
    "percent": (r"(\d+) ?\\%", percent),
    "money": (r"\\\$ ?(\d+(?:,(?:\\!)?\d{3})*(?:\.\d\d)?)", money),
    "degrees": (r"(\d+(?:\.\d+)?)\^\\circ", degrees),
    "quantity": (rf"({NUMBER})\s*\\(?:text|mbox)\{{\s*({'|'.join(UNITS)})\s*\.?\}}", quantity),
    "interval": (
        rf"(?=.*[\[\]]|.*infty)([\[(]) ?({NUMBER}|-\\infty), ?({NUMBER}|\\infty)([\])])",
        interval,
    ),
    "union": (r"([\[(][^\[\]()]+[\])]) ?\\cup ?([\[(][^\[\]()]+[\])])", union),
    "pair": (rf"\(({NUMBER}), ?({NUMBER})\)", pair),
    "several": (r"-?\d{1,2}(?:, ?-?\d{1,2})+", several),
    "plus-minus": (r"([^,=\\]*)\\pm ([^,]+)", plus_minus),
    "line": (r"([a-z]) = (-?[\dx\\{}frac +-]*x[\dx\\{}frac +-]*)", line),
    "base": (r"(\d\d+)_(\{?\d+\}?)", based),
    "words": (r"\\text\{([A-Za-z ]{3,})\}", words),
    "vector": (r"\\begin\{pmatrix\}(.*)\\end\{pmatrix\}", column),
    "surd": (r"(\d*) ?\\sqrt\{?(\d+)\}?", surd),
}  # fmt: skip


def cases(data: Path, *, seed: int = 20) -> Iterator[Case]:
    """Yield the cases, of each kind as many near misses as equivalent forms."""
    rows = json.loads((data / "math_train.json").read_text())
    golds = sorted({str(row["answer"]).strip() for row in rows})
    for kind, (pattern, rewrite) in KINDS.items():
        draw = random.Random(f"{seed} {kind}")
        matched = [m for gold in golds if (m := re.fullmatch(pattern, gold))]
        for m in draw.sample(matched, min(A_KIND, len(matched))):
            good, bad = rewrite(m)
            num = min(3, len(good), len(bad))
            for expected, forms in ((True, good), (False, bad)):
                for form in draw.sample(forms, num):
                    answer = draw.choice(SAYINGS) % form
                    yield Case(kind=kind, gold=m[0], answer=answer, expected=expected)
