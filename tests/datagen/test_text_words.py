import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.text.words import words_of


def words(text):
    found = words_of(text)
    return [text[begin:end] for begin, end in zip(found.begins, found.ends, strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n…!", []),
        ("The quick, brown-fox.", ["The", "quick", "brown", "fox"]),
        (r"\frac{12}{x}+3.5", ["frac", "12", "x", "3", "5"]),
        ("我们 go去", ["我", "们", "go", "去"]),
        ("カナ한국", ["カ", "ナ", "한국"]),
        ("e\u0301te\u0301", ["e\u0301te\u0301"]),
        ("😀😀 a", ["😀", "😀", "a"]),
        ("z" * 20, ["z" * 20]),
        ("z" * 21, ["z" * 5] * 4 + ["z"]),
        ("\ud800a", ["a"]),
    ],
)
def test_what_a_word_is(text, expected):
    assert words(text) == expected


def test_case_makes_no_difference_and_place_neither():
    one, other = words_of("Ünder the SEA"), words_of("... the sea, ÜNDER")
    assert set(one.hashes) == set(other.hashes)


def test_hashes_are_the_same_on_every_machine():
    def hash_of(word):
        number = sum(ord(c) * 0x9E3779B97F4A7C15**n for n, c in enumerate(word)) % 2**64
        number ^= number >> 32
        number = number * 0xD6E8FEB86659FD93 % 2**64
        return number ^ number >> 32

    assert words_of("The Sea 我").hashes.tolist() == [hash_of("the"), hash_of("sea"), hash_of("我")]


@given(st.lists(st.sampled_from(["a", "b", "cc"]), max_size=30), st.integers(1, 6))
def test_runs_are_equal_where_their_words_are(listed, length):
    runs = words_of(" ".join(listed)).runs(length)
    expected = [tuple(listed[i : i + length]) for i in range(len(listed) - length + 1)]
    assert len(runs) == len(expected)
    assert len(np.unique(runs)) == len(set(expected))
    later = words_of("x y z " + " ".join(listed)).runs(length)
    assert set(runs) <= set(later)


@given(st.text())
def test_any_text_has_words(text):
    found = words_of(text)
    assert len(found.begins) == len(found.ends) == len(found)
    assert (found.begins < found.ends).all()
    assert (found.ends[:-1] <= found.begins[1:]).all()
    assert [found.whole()] == (found.runs(len(found)).tolist() or [0])


def test_a_part_has_the_words_that_begin_in_it():
    found = words_of("one two three four")
    assert found.part(4, 13).hashes.tolist() == words_of("two three").hashes.tolist()
    assert len(found.part(-1, -1)) == 0
