"""Near-duplicates: MinHash signatures of runs of words, banded for locality-sensitive hashing.

Two texts that share a share s of their runs (Jaccard) agree in a whole band of `rows` slots with
probability s ** rows, and are found if they do in one of `bands` bands: by 14 bands of 8 from about
s = 0.7 on (https://arxiv.org/abs/2406.17557 uses these numbers). Only the hashes of the bands
are kept, 8 bytes each.

rensa computes the signatures: given hashes instead of words it makes 150,000 of 112 slots a second
of 3,500 words each on one core, where datasketch makes 220 from words.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

from datagen.text.words import Words

K = TypeVar("K")


@dataclass(frozen=True, kw_only=True)
class MinHash:
    """How texts are compared."""

    shingle: int = 5
    """Words a run; a shorter text is one run."""
    bands: int = 14
    """Bands a signature."""
    rows: int = 8
    """Slots a band."""
    seed: int = 1
    """Of the permutations."""

    def bands_of(self, words: Sequence[Words]) -> NDArray[np.int64]:
        """Return the hashes of the bands of each text, (texts, bands).

        Signed, as the warehouse and Arrow count. A text without words has the bands of no run.
        """
        if not words:
            return np.empty((0, self.bands), np.int64)
        runs = [one.runs(min(self.shingle, len(one))) if len(one) else one.hashes for one in words]
        offsets = np.concatenate(([0], np.cumsum([len(run) for run in runs]))).astype(np.uint64)
        signatures = RMinHash.digest_matrix_from_flat_token_hashes(
            np.concatenate(runs), offsets, self.bands * self.rows, self.seed
        )
        slots = np.array(signatures.to_rows(), np.uint64).reshape(-1, self.bands, self.rows)
        factors = _odd(self.rows)
        hashes = ((slots + np.uint64(1)) * factors).sum(axis=2, dtype=np.uint64)
        hashes ^= hashes >> np.uint64(29)
        hashes *= np.uint64(0xBF58476D1CE4E5B9)
        found: NDArray[np.int64] = (hashes ^ (hashes >> np.uint64(32))).view(np.int64)
        return found


def _odd(number: int) -> NDArray[np.uint64]:
    return np.random.default_rng(0).integers(2**63, size=number, dtype=np.uint64) * np.uint64(
        2
    ) + np.uint64(1)


def edges_of(keys: NDArray[np.int64]) -> Iterator[tuple[int, int, int]]:
    """Yield (first, other, column) for rows of `keys` that have a number in common in a column."""
    for column in range(keys.shape[1]):
        order = np.argsort(keys[:, column], kind="stable")
        values = keys[order, column]
        is_new = np.ones(len(values), np.bool_)
        is_new[1:] = values[1:] != values[:-1]
        firsts = order[np.maximum.accumulate(np.where(is_new, np.arange(len(order)), 0))]
        for first, other in zip(firsts[~is_new].tolist(), order[~is_new].tolist(), strict=True):
            yield first, other, column


def clusters(edges: Iterable[tuple[K, K]]) -> Iterator[list[K]]:
    """Yield what hangs together by `edges`, directly or by way of others."""
    parent: dict[K, K] = {}

    def root(one: K) -> K:
        path = []
        while (above := parent.setdefault(one, one)) != one:
            path.append(one)
            one = above
        for passed in path:
            parent[passed] = one
        return one

    for left, right in edges:
        parent[root(left)] = root(right)
    members: dict[K, list[K]] = {}
    for one in parent:
        members.setdefault(root(one), []).append(one)
    yield from members.values()
