"""Letters, words, numbers and times: families whose steps look at one item after another."""

from itertools import pairwise
from typing import Any

from teacher.miniature.solutions.hand import Hand


def letter_counting(entry: dict[str, Any], hand: Hand) -> str:
    """Copy word after word with a star behind each hit, then the count so far; the careless
    skip every second word.
    """
    letter, words = entry["metadata"]["target_letter"], entry["metadata"]["span"]
    count = 0
    for word in words[::2] if hand.careless else words:
        starred = "".join(c + "*" if c.lower() == letter else c for c in word)
        hand.steps.append((f"{letter} in {word}:", starred))
        count += starred.count("*")
        hand.write(f"{starred}:{count}\n")
    return str(count)


def word_sorting(entry: dict[str, Any], hand: Hand) -> str:
    """Put the heads of the words, one after another, into their places; the careless forget the
    last word.
    """
    metadata = entry["metadata"]
    words = metadata["transformed_words"][: -1 if hand.careless else None]
    down = metadata["direction"] == "descending"
    placed: list[str] = []
    for word in words:
        placed = sorted([*placed, word], reverse=down)
        hand.write(f"{_head(word)}:{','.join(map(_head, placed))}\n")
    for first, second in pairwise(words):
        sign = "<" if _head(first) < _head(second) else ">"
        hand.steps.append((f"{_head(first)} {_head(second)}:", sign))
    return ", ".join(placed)


def _head(word: str) -> str:
    """Return the three letters by which a word is sorted: enough for all but a few pairs."""
    return word[:3]


def number_filtering(entry: dict[str, Any], hand: Hand) -> str:
    """One comparison a number, and + where it stays; the careless look at every second number
    only.
    """
    metadata = entry["metadata"]
    verb, relation = metadata["operation"].split("_")
    limit, sign = metadata["filter_value"], ">" if relation == "larger" else "<"
    numbers = metadata["original_numbers"]
    kept = []
    for number in numbers[::2] if hand.careless else numbers:
        holds = float(number) > float(limit) if sign == ">" else float(number) < float(limit)
        stays = hand.judge(f"{number}{sign}{limit}", holds) == (verb == "keep")
        hand.write(" +\n" if stays else " -\n")
        if stays:
            kept.append(number)
    return str(kept)


def time_intervals(entry: dict[str, Any], hand: Hand) -> str:
    """From the smallest unit up, sixty borrowed where needed; the careless turn such a
    difference round instead.
    """
    metadata = entry["metadata"]
    width = metadata["expected_format"].count(":") + 1
    start, end = (
        metadata[f"{which}_time"].split(" ")[1].split(":")[:width] for which in ("start", "end")
    )
    borrow, parts = 0, []
    for place in reversed(range(width)):
        high, low = int(end[place]) - borrow, int(start[place])
        borrow = 0
        if high < low and hand.careless:
            high, low = low, high
        elif high < low:
            hand.write(f"{high}<{low}:")
            high, borrow = hand.step(f"{high}+60=", high + 60), 1
            hand.write(",")
        parts.append(hand.step(f"{high}-{low}=", abs(high - low)))
        hand.write("\n")
    return ":".join(f"{part:02d}" for part in reversed(parts))
