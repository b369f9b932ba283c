from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.verify.math_compare import same
from distill.verify.math_forms import Expression, Interval, Items, Named, Ratio, Words
from distill.verify.math_numbers import Number, read_number
from distill.verify.math_plain import to_latex
from distill.verify.math_read import read
from distill.verify.math_text import clean, is_one_bracket, split_top
from distill.verify.math_units import read_unit

PIECES = [
    "\\frac{", "}", "{", "(", "[", "]", ")", ",", "\\text{", "cm", "1", "23", ".", "/", " ", "and",
    " or ", "x", "=", "<", "\\le ", "\\cup ", "\\{", "\\}", "\\pm ", "^", "\\circ", "%", "\\$", "$",
    "\\infty", ":", "_", "base 8", "-", "\\\\", "\\begin{pmatrix}", "\\end{pmatrix}", "&", "…",
    "is",
]  # fmt: skip
ANY = st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(max_size=60)


def number(text):
    return read_number(clean(text))


def test_numbers_are_read_exactly():
    half = Fraction(1, 2)
    assert number("1,234.5").value == 1234 + half
    assert number(r"137\,\tfrac12").value == number("137 1/2").value == 137 + half
    assert number(r"6.72 \times 10^{-5}").value == Fraction(672, 10**7)
    assert number(r"-\frac{3}{4}").value == Fraction(-3, 4)
    assert number("10/9").value == Fraction(10, 9)
    assert number("$5 million").value == 5_000_000
    assert number(r"12.5\%") == Number(value=Fraction(25, 2), decimals=1, percent=True)


@pytest.mark.parametrize(
    "text", ["5ab", "5x", "2/0", "5 or 6", "1, 2", "3!", "52_8", "", "-", "5 to 6"]
)
def test_what_is_no_plain_number(text):
    assert number(text) is None


def test_units_convert():
    square_foot, acre = read_unit("square feet"), read_unit("acre")
    assert square_foot == read_unit("ft^2")
    assert acre is None
    assert read_unit("miles per hour") == read_unit("mph")
    assert read_unit("ml") == read_unit("cm^3")


def test_a_text_is_split_outside_brackets_only():
    import re

    comma = re.compile(",")
    assert split_top("(1,2],{3,4},5", comma) == ["(1,2]", "{3,4}", "5"]
    assert split_top("(1,2,3", comma) == ["(1,2,3"]
    assert is_one_bracket("(1,2]") and not is_one_bracket("(1)(2)")


def test_forms():
    one, two = Number(value=Fraction(1)), Number(value=Fraction(2))
    assert read("1, 2").items == read("1 and 2").items == (one, two)
    assert read("(1, 2)") == Items((one, two), "(")
    assert read("[1, 2)") == Interval(False, one, two, True)
    assert read(clean(r"1 \leq x < 2")) == Named("x", Interval(False, one, two, True))
    assert read(clean("x > 1, x < 2")) == Named("x", Interval(True, one, two, True))
    assert read(clean(r"\text{an ellipse}")) == Words("ellipse")
    assert read("1:2") == Ratio((one, two))
    assert read("a^2+b=0") == Expression("a^2+b=0")


def test_plain_text_becomes_latex():
    assert to_latex("7*sin(pi*x/5)") == r"7 \cdot \sin (\pi \cdot x/5)"
    assert to_latex("sqrt((x+1)/2)**2") == r"\sqrt{(x+1)/2}^2"
    assert to_latex("2^10 + e^(-x) + x^-1") == "2^{10} + e^{-x} + x^{-1}"
    assert to_latex(r"\sin x + \pi") == r"\sin x + \pi"


def test_what_no_rule_knows_is_left_open():
    assert same(read("a^2 + b = 0"), read("0")) is None
    assert same(read("x = 2y"), read("y = x/2")) is None


@given(ANY)
def test_reading_never_raises_and_a_form_equals_itself(text):
    form = read(clean(text))
    if not isinstance(form, Expression):
        assert same(form, form) is not False


@given(ANY)
def test_any_text_becomes_latex(text):
    assert isinstance(to_latex(clean(text)), str)


@given(ANY, ANY)
def test_numbers_compare_alike_both_ways(one, other):
    a, b = number(one), number(other)
    if a and b:
        assert same(a, b) == same(b, a)
