import random

import numpy as np
import pytest

from datagen.text.minhash import MinHash, clusters, edges_of
from datagen.text.words import words_of


def bands(*texts, **settings):
    return MinHash(**settings).bands_of([words_of(text) for text in texts])


def test_the_same_words_have_the_same_bands():
    one, same, other = bands("a b c d e f", "A b; c d e f", "a b c d e g")
    assert one.tolist() == same.tolist()
    assert len(one) == 14
    assert not (one == other).any()


def test_short_texts_are_one_run():
    one, same, other = bands("a b", "a b", "a c")
    assert one.tolist() == same.tolist() != other.tolist()


def test_no_texts_have_no_bands():
    assert bands().shape == (0, 14)
    assert bands("!").shape == (1, 14)


@pytest.mark.parametrize(("num_changed", "low", "high"), [(5, 40, 40), (20, 33, 40), (90, 0, 4)])
def test_texts_are_found_as_often_as_the_formula_says(num_changed, low, high):
    rng = random.Random(0)
    found = 0
    for _ in range(40):
        words = [str(rng.getrandbits(32)) for _ in range(1000)]
        changed = list(words)
        for at in rng.sample(range(1000), num_changed):
            changed[at] = "changed"
        one, other = bands(" ".join(words), " ".join(changed))
        found += bool((one == other).any())
    assert low <= found <= high  # 1 - (1 - s ** 8) ** 14 of 40, s = 0.95, 0.82, 0.45


def test_edges_join_rows_that_share_a_column():
    keys = np.array([[1, 5], [2, 6], [1, 7], [1, 6], [5, 1]])
    assert sorted(edges_of(keys)) == [(0, 2, 0), (0, 3, 0), (1, 3, 1)]
    assert list(edges_of(np.empty((0, 3), np.int64))) == []


def test_clusters_hang_together():
    found = clusters([("a", "b"), ("c", "d"), ("b", "c"), ("x", "y")])
    assert sorted(map(sorted, found)) == [["a", "b", "c", "d"], ["x", "y"]]
