"""A text as hashes of its words, made once and shared by all rules that look at words.

A word is a run of letters, digits and marks, in lower case; an ideograph, a kana and a character
beyond the Basic Multilingual Plane is a word of its own, and of a word of more than 20 characters
each piece of 5 is one, so that loops without spaces are seen too. All else only separates.

Hashes are polynomials modulo 2 ** 64 over code points, finished by a mixing step: the same in every
process and on every machine, and made for a whole text at once by prefix sums.
"""

import sys
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Indices = NDArray[np.int64]

LONGEST_WORD = 20
PIECE = 5
_BMP = 0x10000
_BASE = 0x9E3779B97F4A7C15
_RUN_BASE = 0xC2B2AE3D27D4EB4F
_SEPARATOR, _LETTER, _SINGLE = 0, 1, 2
_SINGLES = ((0x2E80, 0x3000), (0x3040, 0x3130), (0x31A0, 0xA000), (0xF900, 0xFB00))
"""Ideographs and kana; Hangul is written with spaces."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """The words of a text in order."""

    codes: NDArray[np.uint32]
    """Code points of the text."""
    hashes: Hashes
    """One a word."""
    begins: Indices
    """Where in the text each word begins."""
    ends: Indices
    """Where it ends, exclusive."""

    def __len__(self) -> int:
        return len(self.hashes)

    @cached_property
    def _prefix(self) -> Hashes:
        return _prefix_sums(self.hashes, _RUN_BASE)

    def runs(self, length: int) -> Hashes:
        """Return the hashes of all runs of `length` words; none if the text has fewer."""
        num_runs = len(self) - length + 1
        if num_runs <= 0:
            return np.empty(0, np.uint64)
        sums = self._prefix[length:] - self._prefix[:num_runs]
        return _finished(sums * _powers(pow(_RUN_BASE, -1, 2**64), num_runs))

    def part(self, begin: int, end: int) -> "Words":
        """Return the words that begin from `begin` to `end`, in code points."""
        first, last = np.searchsorted(self.begins, (begin, end))
        return Words(
            codes=self.codes,
            hashes=self.hashes[first:last],
            begins=self.begins[first:last],
            ends=self.ends[first:last],
        )

    def whole(self) -> int:
        """Return the hash of all words together: equal for texts of the same words."""
        return int(self.runs(len(self))[0]) if len(self) else 0


def words_of(text: str) -> Words:
    """Return the words of any text, lone surrogates included."""
    if text.isascii():
        codes = np.frombuffer(text.encode("ascii"), np.uint8).astype(np.uint32)
    else:
        codes = np.frombuffer(text.encode(_UTF_32, "surrogatepass"), np.uint32)
    classes, lower = _tables()
    near = np.minimum(codes, _BMP - 1)
    kinds = classes[near]
    begins, ends = _bounds(kinds)
    prefix = _prefix_sums(np.where(codes < _BMP, lower[near], codes).astype(np.uint64), _BASE)
    inverse = _powers(pow(_BASE, -1, 2**64), len(prefix))  # so that it matters not where a word is
    hashes = _finished((prefix[ends] - prefix[begins]) * inverse[begins])
    return Words(codes=codes, hashes=hashes, begins=begins, ends=ends)


_UTF_32 = f"utf-32-{sys.byteorder[0]}e"


def _bounds(kinds: NDArray[np.uint8]) -> tuple[Indices, Indices]:
    """Return where words begin and end: a single begins and ends one, long words are cut."""
    padded = np.concatenate(([_SEPARATOR], kinds, [_SEPARATOR])).astype(np.uint8)
    here, before = padded[1:], padded[:-1]
    changes = (here != before) | (here == _SINGLE)
    borders = np.flatnonzero(changes)
    inside = here[borders] != _SEPARATOR
    begins = borders[inside]
    ends = borders[np.flatnonzero(inside) + 1]
    too_long = np.flatnonzero(ends - begins > LONGEST_WORD)
    if not len(too_long):
        return begins, ends
    cuts = np.concatenate([np.arange(begins[i] + PIECE, ends[i], PIECE) for i in too_long])
    return np.sort(np.append(begins, cuts)), np.sort(np.append(ends, cuts))


@cache
def _tables() -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    """Return kind and lower case of every character of the Basic Multilingual Plane.

    The last entry stands for all beyond it.
    """
    kinds = np.zeros(_BMP, np.uint8)
    lower = np.arange(_BMP, dtype=np.uint32)
    for code in range(_BMP):
        if unicodedata.category(character := chr(code))[0] in "LNM":
            kinds[code] = _LETTER
            if len(small := character.lower()) == 1:
                lower[code] = ord(small)
    for first, end in _SINGLES:
        kinds[first:end] = np.where(kinds[first:end] == _LETTER, _SINGLE, kinds[first:end])
    kinds[_BMP - 1] = _SINGLE
    return kinds, lower


def _prefix_sums(values: Hashes, base: int) -> Hashes:
    sums = np.zeros(len(values) + 1, np.uint64)
    np.cumsum(values * _powers(base, len(values)), out=sums[1:])
    return sums


def _finished(hashes: Hashes) -> Hashes:
    """Mix the bits, in place: the low ones of a polynomial depend on low ones only."""
    hashes ^= hashes >> np.uint64(32)
    hashes *= np.uint64(0xD6E8FEB86659FD93)
    hashes ^= hashes >> np.uint64(32)
    return hashes


_known_powers: dict[int, Hashes] = {}


def _powers(base: int, number: int) -> Hashes:
    """Return base ** 0, base ** 1, ... modulo 2 ** 64; tables grow by doubling."""
    known = _known_powers.get(base)
    if known is None or len(known) < number:
        size = 1 << max(16, number.bit_length())
        factors = np.full(size, base, np.uint64)
        factors[0] = 1
        _known_powers[base] = known = np.multiply.accumulate(factors)
    return known[:number]
