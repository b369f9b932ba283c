"""Which texts share a run of words with one of a set of references.

The rule: a run of `ngram` words in common. A text of fewer words has no such run, so the shorter of
the two, if it is shorter than that, must stand in the other whole; and if it has fewer than
`min_words` words, be all of it, since "Solve for x" stands in many. Both sides are looked at in
words (datagen/text/words.py): case, punctuation, LaTeX braces and operators make no difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from datagen.text.words import Hashes, Indices, Words


@dataclass(frozen=True, kw_only=True)
class Match:
    """A stretch of a text that stands in a reference too."""

    reference: int
    """Which of the references."""
    begin: int
    """Where in the text it begins, in code points."""
    end: int
    """Exclusive."""


@dataclass(frozen=True, kw_only=True)
class _Runs:
    """All runs of one length, sorted, with the reference of each."""

    hashes: Hashes
    references: Indices
    sieve: NDArray[np.bool_]
    """By the first bits of a hash: whether there is any; keeps most look-ups out of the rest."""
    shift: np.uint64
    """Bits of a hash that are not its first."""

    @classmethod
    def of(cls, runs: Sequence[tuple[int, Hashes]]) -> "_Runs":
        hashes = np.concatenate([np.empty(0, np.uint64), *(run for _, run in runs)])
        owners = np.repeat([owner for owner, _ in runs], [len(run) for _, run in runs])
        hashes, first = np.unique(hashes, return_index=True)  # the first reference that has it
        num_bits = len(hashes).bit_length() + 5
        shift = np.uint64(64 - num_bits)
        sieve = np.zeros(1 << num_bits, np.bool_)
        sieve[hashes >> shift] = True
        references = owners.astype(np.int64)[first]
        return cls(hashes=hashes, references=references, sieve=sieve, shift=shift)

    def find(self, runs: Hashes) -> tuple[Indices, Indices]:
        """Return which of `runs` are known, and the reference of each."""
        likely = np.flatnonzero(self.sieve[runs >> self.shift])
        if not len(likely):
            return likely, likely
        at = np.minimum(np.searchsorted(self.hashes, runs[likely]), len(self.hashes) - 1)
        known = self.hashes[at] == runs[likely]
        return likely[known], self.references[at[known]]


@dataclass(frozen=True, kw_only=True)
class References:
    """Texts that others are compared with."""

    words: Sequence[Words]
    ngram: int = 10
    """Words that two texts may not have in common in a row."""
    min_words: int = 5
    """Fewest words of a short text that count when it stands inside a longer one."""

    @cached_property
    def _long(self) -> _Runs:
        return self._runs_of(self.ngram, shortest=self.ngram)

    @cached_property
    def _short(self) -> dict[int, _Runs]:
        """Whole references that are shorter than `ngram`, by their length."""
        lengths = {len(one) for one in self.words if self.min_words <= len(one) < self.ngram}
        return {
            length: self._runs_of(length, shortest=length, longest=length) for length in lengths
        }

    @cached_property
    def _wholes(self) -> dict[int, int]:
        return {one.whole(): n for n, one in reversed([*enumerate(self.words)]) if len(one)}

    @cached_property
    def _parts(self) -> dict[int, _Runs]:
        return {}

    def _parts_of(self, length: int) -> _Runs:
        """Return the runs of `length` in all references: made when the first text asks."""
        if length not in self._parts:
            self._parts[length] = self._runs_of(length, shortest=length)
        return self._parts[length]

    def _runs_of(self, length: int, *, shortest: int, longest: int | None = None) -> _Runs:
        return _Runs.of(
            [
                (number, one.runs(length))
                for number, one in enumerate(self.words)
                if shortest <= len(one) and (longest is None or len(one) <= longest)
            ]
        )

    def matches(self, words: Words) -> list[Match]:
        """Return what a text shares with the references, each stretch as long as it goes."""
        if not len(words):
            return []
        if len(words) < self.ngram:
            return self._matches_of_short(words)
        found = [*_stretches(words, self.ngram, *self._long.find(words.runs(self.ngram)))]
        for length, runs in self._short.items():
            found += _stretches(words, length, *runs.find(words.runs(length)))
        return sorted(found, key=lambda match: (match.begin, match.end, match.reference))

    def _matches_of_short(self, words: Words) -> list[Match]:
        end = int(words.ends[-1])
        if (number := self._wholes.get(words.whole())) is not None:
            return [Match(reference=number, begin=int(words.begins[0]), end=end)]
        if len(words) < self.min_words:
            return []
        found = [
            *_stretches(words, len(words), *self._parts_of(len(words)).find(words.runs(len(words))))
        ]
        for length, runs in self._short.items():
            if length < len(words):
                found += _stretches(words, length, *runs.find(words.runs(length)))
        return found


def _stretches(words: Words, length: int, at: Indices, references: Indices) -> list[Match]:
    """Join runs that follow on each other in the same reference."""
    found: list[Match] = []
    last = -2
    for first, reference in zip(at.tolist(), references.tolist(), strict=True):
        end = int(words.ends[first + length - 1])
        if found and first == last + 1 and found[-1].reference == reference:
            found[-1] = Match(reference=reference, begin=found[-1].begin, end=end)
        else:
            found.append(Match(reference=reference, begin=int(words.begins[first]), end=end))
        last = first
    return found
