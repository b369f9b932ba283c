import pytest

from datagen.text.languages import LANGUAGES, main_language, shares
from datagen.text.words import words_of

SENTENCES = {
    "en": "We have the equation and if it is not zero then we can divide by x, so the sum is even.",
    "de": "Wir haben eine Gleichung, und wenn sie nicht null ist, dann wird auch die Summe gerade.",
    "fr": "Nous avons une équation dans laquelle les termes sont nuls, donc cette somme est paire.",
    "es": "Entonces tiene una suma, pero cuando hay dos, como esta, también puede ser muy grande.",
    "ru": "У нас есть уравнение, и если оно не равно нулю, то сумма чётная.",
    "zh": "我们有一个方程，如果它不等于零，那么和是偶数。",
    "ja": "この方程式がゼロでないならば、和は偶数です。",
    "ko": "이 방정식이 영이 아니면 합은 짝수입니다.",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_sentences_are_of_their_language(language):
    assert main_language(SENTENCES[language] * 3) == language


def test_shares_add_up_and_follow_the_words():
    mixed = shares(words_of(SENTENCES["en"] * 2 + SENTENCES["zh"]))
    assert mixed.keys() == {"en", "zh"}
    assert sum(mixed.values()) == pytest.approx(1)
    assert mixed["zh"] == pytest.approx(20 / 60)  # ideographs, and words of more than one letter


def test_numbers_variables_and_greek_are_of_no_language():
    assert shares(words_of("x + 2y = 3, α ≤ β")) == {}
    assert main_language("x = 3") == "en"


def test_few_function_words_make_no_language():
    assert shares(words_of("Angle bisector theorem, and nicht")) == {"en": 1.0}


def test_every_language_can_be_told():
    assert set(LANGUAGES) > {"en", "de", "zh", "ja"}
