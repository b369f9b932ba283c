import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.text.overlap import Match, References
from datagen.text.words import words_of

LONG = "Janet has sixteen ducks that lay eggs every single day and she eats three of them"
SHORT = "What is the capital of France?"
TINY = "Find x."
REFERENCES = References(words=[words_of(text) for text in (LONG, SHORT, TINY)])


def shared(text, references=REFERENCES):
    return [(m.reference, text[m.begin : m.end]) for m in references.matches(words_of(text))]


def test_ten_words_in_a_row_are_shared_and_nine_are_not():
    ten = "sixteen ducks that lay eggs every single day and she"
    assert shared(f"My SIXTEEN {ten[8:]}?") == [(0, f"SIXTEEN {ten[8:]}")]
    assert shared(f"My {ten[8:]} and one two three") == []


def test_a_stretch_is_shown_as_long_as_it_goes():
    assert shared(f"Well: {LONG}! So?") == [(0, LONG)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # fewer words than a run, which plain n-gram decontamination can never flag
        ("what is THE capital of France", [(1, "what is THE capital of France")]),
        ("Find $x$!", [(2, "Find $x")]),
        # a short reference inside a longer text, if it is not all too short
        ("Now tell me: what is the capital of France, and of Spain, and of Italy?",
         [(1, "what is the capital of France")]),
        ("Find x. Then draw the circle through all three of the points that you found", []),
        # a short text inside a reference
        ("eggs every single day and", [(0, "eggs every single day and")]),
        ("every single day and", []),
        ("What is the capital?", []),
        ("", []),
        ("!", []),
    ],
)  # fmt: skip
def test_short_texts_have_a_rule_of_their_own(text, expected):
    assert shared(text) == expected


def test_no_references_share_nothing():
    assert shared(LONG, References(words=[])) == []
    assert shared(SHORT, References(words=[words_of("")])) == []


def test_the_first_reference_that_has_it_is_named():
    twice = References(words=[words_of("a"), words_of(LONG), words_of(LONG + " too")])
    assert twice.matches(words_of(LONG)) == [Match(reference=1, begin=0, end=len(LONG))]


WORDS = st.lists(st.sampled_from("abcd"), max_size=12)


@given(WORDS, WORDS, st.integers(2, 6), st.integers(1, 4))
def test_the_rule_is_what_it_says(text, reference, ngram, min_words):
    references = References(words=[words_of(" ".join(reference))], ngram=ngram, min_words=min_words)

    def runs(listed, length):
        return {tuple(listed[i : i + length]) for i in range(len(listed) - length + 1)}

    length = min(len(text), len(reference), ngram)
    expected = bool(text) and text == reference
    if length == ngram or length >= min_words:
        expected = expected or (length > 0 and bool(runs(text, length) & runs(reference, length)))
    assert bool(references.matches(words_of(" ".join(text)))) == expected
