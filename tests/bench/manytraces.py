"""Traces by the hundred thousand for the warehouse: R1's counts and lengths by domain.

Their text is cut from the real traces in DISTILL_DATA into pieces of some words and put together
anew at random. Whole paragraphs would come back again and again and compress better than real
traces do; pieces of PIECE_WORDS words compress a little worse.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tests.bench.skipped import Skipped

PIECE_WORDS = 12
BYTES_A_TOKEN = 3.7
"""So that 4.31 billion tokens are 16 GB."""
MAX_TOKENS = 32_768
SIGMA = 0.6
ANSWER_SHARE = 0.1
CLOSE = "</think>\n\n"
BATCH_ROWS = 4096
SEED = 7


@dataclass(frozen=True, kw_only=True)
class Domain:
    """A part of R1's 800k set (R1 paper, version 2, B.3.3)."""

    name: str
    num_traces: int
    mean_tokens: int
    traces_a_problem: int


DOMAINS = (
    Domain(name="math", num_traces=395_285, mean_tokens=6_094, traces_a_problem=4),
    Domain(name="code", num_traces=211_129, mean_tokens=7_436, traces_a_problem=4),
    Domain(name="stem", num_traces=10_124, mean_tokens=4_929, traces_a_problem=4),
    Domain(name="logic", num_traces=10_395, mean_tokens=2_739, traces_a_problem=4),
    Domain(name="general", num_traces=177_812, mean_tokens=1_420, traces_a_problem=1),
)
FULL_SIZE = sum(domain.num_traces for domain in DOMAINS)


def num_rows() -> int:
    """Return how many traces to measure with: BENCH_ROWS, or R1's 804,745."""
    return int(os.environ.get("BENCH_ROWS", FULL_SIZE))


@cache
def real_texts() -> tuple[str, ...]:
    """Return the real R1 traces of DISTILL_DATA.

    Raises:
        Skipped: if they are not there.
    """
    if not (folder := os.environ.get("DISTILL_DATA")):
        raise Skipped("DISTILL_DATA is not set; the text is drawn from the real traces there")
    data = Path(folder)
    star = json.loads((data / "r1_traces_star1.json").read_text())
    texts = [row["response"] for row in star]
    for name in ("r1_traces_misguided_attention.json", "r1_0528_traces_misguided_attention.json"):
        for row in json.loads((data / name).read_text())["results"]:
            texts += [
                f"{t}</think>\n\n{o}" for t, o in zip(row["thinking"], row["output"], strict=True)
            ]
    return tuple(texts)


@cache
def _pieces() -> tuple[pa.Array, float]:
    """Return the pieces and the bytes that one has on average."""
    words = re.compile(rf"(?:\S+\s*){{1,{PIECE_WORDS}}}")
    pieces = pa.array([piece for text in real_texts() for piece in words.findall(text)])
    return pieces, pc.mean(pc.binary_length(pieces)).as_py()


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Some traces, a column each; `number` counts traces, `problem` the problems of a domain."""

    number: np.ndarray
    domain: pa.Array
    problem: np.ndarray
    tokens: np.ndarray
    reasoning: pa.Array
    answer: pa.Array

    def table(self) -> pa.Table:
        """Return the columns, with the text and its offsets as `attempts` keeps them."""
        ends = pc.utf8_length(self.reasoning)
        begins = pc.add(ends, len(CLOSE))
        columns = {name: getattr(self, name) for name in self.__dataclass_fields__}
        columns["text"] = pc.binary_join_element_wise(self.reasoning, self.answer, CLOSE)
        columns |= {"reasoning_end": ends, "answer_begin": begins}
        columns["answer_end"] = pc.add(begins, pc.utf8_length(self.answer))
        return pa.table(columns).drop_columns(["reasoning", "answer"])


def batches(rows: int) -> Iterator[Batch]:
    """Yield `rows` traces in R1's proportions, the domains mixed; the same each time."""
    rng = np.random.default_rng(SEED)
    shares = [domain.num_traces / FULL_SIZE for domain in DOMAINS]
    made = np.zeros(len(DOMAINS), np.int64)
    for begin in range(0, rows, BATCH_ROWS):
        which = rng.choice(len(DOMAINS), min(BATCH_ROWS, rows - begin), p=shares)
        problem = np.empty(len(which), np.int64)
        for number, domain in enumerate(DOMAINS):
            (mine,) = np.nonzero(which == number)
            problem[mine] = (made[number] + np.arange(len(mine))) // domain.traces_a_problem
            made[number] += len(mine)
        tokens = _tokens(rng, which)
        yield Batch(
            number=np.arange(begin, begin + len(which)),
            domain=pa.array([domain.name for domain in DOMAINS]).take(pa.array(which)),
            problem=problem,
            tokens=tokens,
            reasoning=_texts(rng, tokens * (1 - ANSWER_SHARE)),
            answer=_texts(rng, tokens * ANSWER_SHARE),
        )


def _tokens(rng: np.random.Generator, which: np.ndarray) -> np.ndarray:
    """Draw lengths whose means are the domains', log-normal, at most R1's 32,768 tokens."""
    means = np.array([domain.mean_tokens for domain in DOMAINS])[which]
    drawn = means * rng.lognormal(-(SIGMA**2) / 2, SIGMA, len(which))
    return np.clip(drawn, 16, MAX_TOKENS).astype(np.int32)


def _texts(rng: np.random.Generator, tokens: np.ndarray) -> pa.Array:
    pieces, mean_bytes = _pieces()
    counts = np.maximum(1, np.rint(tokens * BYTES_A_TOKEN / mean_bytes)).astype(np.int32)
    ends = np.concatenate([[0], np.cumsum(counts, dtype=np.int32)])
    drawn = pieces.take(pa.array(rng.integers(len(pieces), size=ends[-1])))
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(ends, pa.int32()), drawn), "")
