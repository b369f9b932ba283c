"""datatrove on the same texts, by the same rules: run by curation_rate in processes of its own.

Its GopherRepetitionFilter is configured to our repetition rule, its MinHash to the same shingles,
bands and rows, its n-gram decontamination to the same n; numbers stay as they are. Each rule rules
on every text, as ours do. Half of the texts go to each of two processes.
"""

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

TASKS = 2
NGRAM, MAX_SHARE = 10, 0.3


def rules(folder: Path) -> tuple[Any, Any, Any]:
    """Return datatrove's repetition filter, decontamination filter and signature step."""
    from datatrove.pipeline.decont.n_grams import NGramsDecontConfig, NGramsDecontFilter
    from datatrove.pipeline.dedup import MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.pipeline.filters import GopherRepetitionFilter
    from datatrove.utils.text import TextNormConfig

    norm = TextNormConfig(norm_numbers=False)
    repetition = GopherRepetitionFilter(
        dup_line_frac=None,
        dup_para_frac=None,
        dup_line_char_frac=None,
        dup_para_char_frac=None,
        top_n_grams=(),
        dup_n_grams=((NGRAM, MAX_SHARE),),
    )
    config = NGramsDecontConfig(n_grams=NGRAM, norm_config=norm)
    decont = NGramsDecontFilter(str(folder / "index"), config)
    minhash = MinhashConfig(n_grams=5, num_buckets=14, hashes_per_bucket=8, norm_config=norm)
    return repetition, decont, MinhashDedupSignature(str(folder / "signatures"), minhash)


def index(folder: Path, benchmark: list[str]) -> None:
    """Write the n-grams of the benchmarks as its indexer does, which wants lighteval."""
    from datatrove.pipeline.decont.n_grams import NGramsDecontIndexer

    _, decont, _ = rules(folder)
    hashes: set[int] = set()
    for text in benchmark:
        hashes.update(NGramsDecontIndexer.compute_hashes(decont, text))
    (folder / "index").mkdir()
    np.array(sorted(hashes), np.uint64).tofile(folder / "index" / "benchmarks.index.hashes")


def work(folder: Path, texts: Path, rank: int) -> list[list[bool]]:
    """Rule on this process's texts and write their signatures; return what the filters said."""
    repetition, decont, signatures = rules(folder)
    said: list[list[bool]] = []

    def documents() -> Iterator[Any]:
        from datatrove.data import Document

        for number, text in enumerate(pq.read_table(texts)["text"].to_pylist()):
            if number % TASKS == rank:
                document = Document(text=text, id=str(number))
                said.append([_kept(repetition, document), _kept(decont, document)])
                yield document

    signatures.run(documents(), rank=rank, world_size=TASKS)
    return said


def _kept(rule: Any, document: Any) -> bool:
    return rule.filter(document) is True


def duplicates(folder: Path) -> list[list[int]]:
    """Run the two steps that follow; return the texts that each process's documents lose."""
    from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster

    config = rules(folder)[2].config
    buckets = MinhashDedupBuckets(str(folder / "signatures"), str(folder / "pairs"), config=config)
    for rank in range(config.num_buckets):
        buckets.run(None, rank=rank, world_size=config.num_buckets)
    cluster = MinhashDedupCluster(str(folder / "pairs"), str(folder / "remove"), config=config)
    cluster.run(None, 0, 1)
    found = []
    for rank in range(TASKS):
        path = folder / "remove" / f"{rank:06d}.remove"
        found.append(np.fromfile(path, np.uint32).tolist() if path.exists() else [])
    return found


def main(folder: Path, texts: Path, benchmark: Path, out: Path) -> None:
    """Write seconds and what was said: kept by repetition, by decontamination, as no duplicate."""
    from datatrove.utils.logging import logger

    logger.remove()
    index(folder, json.loads(benchmark.read_text()))
    with get_context("spawn").Pool(TASKS) as pool, contextlib.redirect_stderr(sys.stdout):
        pool.starmap(rules, [(folder,)] * TASKS)  # imports are no part of the rate
        begun = time.perf_counter()
        said = pool.starmap(work, [(folder, texts, rank) for rank in range(TASKS)], chunksize=1)
        removed = duplicates(folder)
        seconds = time.perf_counter() - begun
    number = sum(map(len, said))
    kept = [[*said[n % TASKS][n // TASKS], True] for n in range(number)]
    for rank, lost in enumerate(removed):
        for document in lost:
            kept[document * TASKS + rank][2] = False
    out.write_text(json.dumps({"seconds": seconds, "kept": kept}))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:5]))
