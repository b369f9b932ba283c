"""Which languages a text is of: by the script of its words, and among those of Latin script by its
function words.

Measured words, not characters: one ideograph counts as one. Numbers, single Latin letters
(variables), Greek letters and symbols are of no language.
"""

from collections import Counter
from functools import cache

import numpy as np
from numpy.typing import NDArray

from datagen.text.words import Words, words_of

LATIN = "latin"
MIN_FUNCTION_WORDS = 10
"""With fewer of them a text of Latin script is taken to be English."""
_SCRIPTS = {
    LATIN: ((0x41, 0x5B), (0x61, 0x7B), (0xC0, 0x250), (0x1E00, 0x1F00)),
    "zh": ((0x3400, 0xA000), (0xF900, 0xFB00)),
    "ja": ((0x3040, 0x3100),),
    "ko": ((0x1100, 0x1200), (0xAC00, 0xD7B0)),
    "ru": ((0x400, 0x530),),
    "ar": ((0x600, 0x700),),
    "he": ((0x590, 0x600),),
    "hi": ((0x900, 0x980),),
    "th": ((0xE00, 0xE80),),
}
"""Scripts by the language that is written in them most; several languages may share one."""
_FUNCTION_WORDS = {
    "en": "the of and is that for with this are be it we let then which have from so but can not",
    "de": "und nicht ist wir eine einen wenn dass oder auch aber wird sich für dann gibt kann",
    "fr": "est les une nous dans avec donc cette sont alors mais qui pas être peut deux",
    "es": "una pero como entonces esta tiene cuando porque también hay muy puede ser dos",
    "pt": "não uma são então você isso temos quando também pelo seja está pode dois",
    "it": "che della sono quindi questo anche gli perché allora nel ogni più può due",
    "nl": "het een niet dat wordt maar ook dus voor zijn deze naar omdat kan twee",
    "pl": "nie jest się że więc jeśli oraz ale który mamy przez czy tylko może dwa",
    "tr": "ve bir bu için ile değil olarak çok daha eğer sonra kadar gibi iki",
}
"""Words that no other language of the list has; those that stand in two speak for neither. Names
and English words (los, van, pour, die) are left out."""
LANGUAGES = (*_FUNCTION_WORDS, *(name for name in _SCRIPTS if name != LATIN))


def shares(words: Words) -> dict[str, float]:
    """Return the share of each language in the words that are of any; empty if none is."""
    counts = _by_script(words)
    latin = counts.pop(LATIN)
    if latin:
        votes = _function_words(words)
        total = sum(votes.values())
        if total < MIN_FUNCTION_WORDS:
            votes, total = {"en": 1}, 1
        counts |= {language: latin * number / total for language, number in votes.items()}
    if counts["ja"]:  # Japanese is written with ideographs too
        counts["ja"] += counts.pop("zh")
    total_words = sum(counts.values())
    return {name: number / total_words for name, number in counts.items() if number}


def main_language(text: str) -> str:
    """Return the language that most words of a text are of; English where there are none."""
    found = shares(words_of(text))
    return max(found, key=lambda name: found[name], default="en")


def _by_script(words: Words) -> dict[str, float]:
    first = np.minimum(words.codes[words.begins], len(_script_table()) - 1)
    scripts = _script_table()[first]
    of_one_letter = (words.ends - words.begins == 1) & (scripts == 1)
    counts = np.bincount(scripts[~of_one_letter], minlength=len(_SCRIPTS) + 1)
    return dict(zip(_SCRIPTS, counts[1:].tolist(), strict=True))


def _function_words(words: Words) -> dict[str, int]:
    hashes, languages, sieve = _function_table()
    likely = words.hashes[sieve[words.hashes >> np.uint64(48)]]
    at = np.minimum(np.searchsorted(hashes, likely), len(hashes) - 1)
    found = languages[at[hashes[at] == likely]]
    counts = np.bincount(found, minlength=len(_FUNCTION_WORDS)).tolist()
    return dict(zip(_FUNCTION_WORDS, counts, strict=True))


@cache
def _script_table() -> NDArray[np.uint8]:
    table = np.zeros(0x10000, np.uint8)
    for number, ranges in enumerate(_SCRIPTS.values(), 1):
        for first, end in ranges:
            table[first:end] = number
    return table


@cache
def _function_table() -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return the function words sorted, the number of each one's language, and a sieve."""
    listed = Counter(word for words in _FUNCTION_WORDS.values() for word in words.split())
    owners = {
        int(words_of(word).hashes[0]): number
        for number, words in enumerate(_FUNCTION_WORDS.values())
        for word in words.split()
        if listed[word] == 1
    }
    hashes = np.array(sorted(owners), np.uint64)
    sieve = np.zeros(1 << 16, np.bool_)
    sieve[hashes >> np.uint64(48)] = True
    return hashes, np.array([owners[one] for one in hashes.tolist()]), sieve
