"""The pretraining corpus: task language, direct answers, single steps, and worked solutions as
found in the wild.

Most worked solutions are by careless hands, so that whoever continues one reasons as they do;
all single steps are right. The <think> form never occurs.
"""

import argparse
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from random import Random

import numpy as np

from teacher.miniature.families import FAMILIES
from teacher.miniature.problems import PRETRAINING, Problem, draw, reserved
from teacher.miniature.solutions.hand import Hand
from teacher.miniature.tokenizer import ASSISTANT, BOS, EOS, USER, build

WORKED = "Solution:\n"
DIRECT = "Answer:"


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """Shares of the documents."""

    easy_direct: float = 0.85
    """Probability that an easy problem is written down as its bare answer, as people do."""
    careless: float = 0.46
    """Worked solutions by careless hands, of what is left: they outnumber the careful, so the
    worked form stays unreliable.
    """
    careful: float = 0.14
    """Worked solutions by careful hands that slip now and then."""
    direct: float = 0.08
    """Bare answers whatever the difficulty."""
    steps: float = 0.24
    """Single steps on their own, always right. The rest is questions alone."""
    slip: float = 0.02
    """Probability that a careful hand writes a wrong result."""


# A solution of at most so many characters makes a problem easy: a tenth of all problems have one.
EASY_LENGTH = 30
# Families with many easy problems; each is drawn once more a round for these alone.
OFTEN_EASY = (
    "time_intervals",
    "chain_sum",
    "simple_equations",
    "letter_counting",
    "base_conversion",
)
# Families with large tables of single steps: twice the share of `steps`.
LARGE_TABLES = ("base_conversion", "simple_equations", "letter_counting", "number_filtering")
STEPS_PER_DOCUMENT = 20
ROW_TOKENS = 512
SHARD_ROWS = 4096
NUMBERS_PER_SHARD = 60_000


def worked_text(question: str, work: str, answer: str) -> str:
    """Return a worked solution as a document."""
    return f"{BOS}{USER}{question}{ASSISTANT}{WORKED}{work}\n{DIRECT} {answer}{EOS}"


def direct_text(question: str, answer: str) -> str:
    """Return a question with its bare answer as a document."""
    return f"{BOS}{USER}{question}{ASSISTANT}{DIRECT} {answer}{EOS}"


def steps_text(steps: list[tuple[str, str]]) -> str:
    """Return single steps as a document."""
    return BOS + "".join(f"{question}{answer}\n" for question, answer in steps) + EOS


def is_easy(problem: Problem) -> bool:
    """Return whether a direct answer can be expected."""
    return len(problem.work) <= EASY_LENGTH


def choose_kind(problem: Problem, mixture: Mixture, rng: Random) -> str:
    """Return which kind of document `problem` becomes."""
    if is_easy(problem) and rng.random() < mixture.easy_direct:
        return "direct"
    steps = mixture.steps * (2 if problem.family in LARGE_TABLES else 1)
    kinds = ("careless", "careful", "direct", "steps", "question")
    shares = (mixture.careless, mixture.careful, mixture.direct, steps)
    return rng.choices(kinds, (*shares, max(0.02, 1 - sum(shares))))[0]


def document(problem: Problem, kind: str, slip: float, rng: Random) -> str:
    """Return one document about `problem`."""
    writer = FAMILIES[problem.family].writer
    if kind == "direct":
        return direct_text(problem.question, problem.answer)
    if kind == "question":
        return f"{BOS}{USER}{problem.question}{EOS}"
    if kind == "steps":
        hand = Hand()
        writer(problem.entry, hand)
        return steps_text(rng.sample(hand.steps, min(len(hand.steps), STEPS_PER_DOCUMENT)))
    careless = kind == "careless"
    hand = Hand(careless=careless, slip=0.0 if careless else slip, rng=rng)
    answer = writer(problem.entry, hand)
    return worked_text(problem.question, hand.text, answer)


def documents(shard: int, mixture: Mixture, counts: Counter[str]) -> Iterator[str]:
    """Yield documents of one shard without end, family after family."""
    rng = Random(shard)
    numbers = count(PRETRAINING + shard * NUMBERS_PER_SHARD)
    for number in numbers:
        for name in FAMILIES:
            if problem := draw(name, number, counts):
                kind = choose_kind(problem, mixture, rng)
                counts[kind] += 1
                yield document(problem, kind, mixture.slip, rng)
        number = next(numbers)
        for name in OFTEN_EASY:
            problem = draw(name, number, counts)
            if problem and is_easy(problem):
                counts["direct"] += 1
                yield direct_text(problem.question, problem.answer)


def pack(encoded: Iterator[list[int]], num_rows: int) -> np.ndarray:
    """Return rows of whole documents, each row beginning with one and its last one cut, [rows,
    ROW_TOKENS].
    """
    rows = np.zeros((num_rows, ROW_TOKENS), dtype=np.uint16)
    for row in rows:
        filled = 0
        while filled < ROW_TOKENS:
            ids = next(encoded)[: ROW_TOKENS - filled]
            row[filled : filled + len(ids)] = ids
            filled += len(ids)
    return rows


def write_shard(directory: Path, shard: int, mixture: Mixture, num_rows: int = SHARD_ROWS) -> None:
    """Write one shard of packed token ids and, beside it, what it was drawn from."""
    counts: Counter[str] = Counter()
    tokenizer = build().backend_tokenizer

    def encoded() -> Iterator[list[int]]:
        source = documents(shard, mixture, counts)
        while True:
            texts = [next(source) for _ in range(256)]
            yield from (
                each.ids for each in tokenizer.encode_batch_fast(texts, add_special_tokens=False)
            )

    rows = pack(encoded(), num_rows)
    part = directory / f"part-{shard:04d}.npy"
    np.save(part, rows)
    (directory / f"shard-{shard:04d}.json").write_text(json.dumps(counts))
    part.rename(directory / f"shard-{shard:04d}.npy")


def write_corpus(directory: Path, num_shards: int, num_workers: int, mixture: Mixture) -> None:
    """Write the shards that are missing, several at a time, in order."""
    directory.mkdir(parents=True, exist_ok=True)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    reserved()
    missing = [
        (directory, shard, mixture)
        for shard in range(num_shards)
        if not (directory / f"shard-{shard:04d}.npy").exists()
    ]
    # Forked workers inherit the reserved texts, whose hashes hold in one family of processes only.
    with get_context("fork").Pool(num_workers) as pool:
        pool.starmap(write_shard, missing, chunksize=1)


def main() -> None:
    """Write a corpus: python -m teacher.miniature.corpus DIRECTORY --shards 120 --workers 14."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--shards", type=int, default=120)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    write_corpus(arguments.directory, arguments.shards, arguments.workers, Mixture())


if __name__ == "__main__":
    main()
