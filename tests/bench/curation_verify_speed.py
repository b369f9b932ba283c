"""How fast mathematics is verified, beside math-verify alone in the same worker processes.

The deadline is in force for both. Rounds alternate, and the medians count.
"""

import time
from collections.abc import Iterator, Sequence
from statistics import median

from distill.config.prompts import Verification
from distill.verify.pool import VerifierPool
from tests.bench.cases import Case, data, gsm8k, math500
from tests.bench.curation_verdicts import OURS, PEER, verdicts
from tests.bench.figure import Figure
from tests.bench.heldout import cases as heldout

SETTINGS = Verification(verifiers=(OURS, PEER), num_workers=2)
ROUNDS = 3


def measure() -> Iterator[Figure]:
    """Yield answers a second, set by set."""
    sets = {"gsm8k": list(gsm8k()), "math500": list(math500()), "heldout": list(heldout(data()))}
    with VerifierPool(SETTINGS) as pool:
        rate(pool, sets["math500"][:100], OURS)
        rate(pool, sets["math500"][:100], PEER)
        for name, cases in sets.items():
            rounds = [(rate(pool, cases, OURS), rate(pool, cases, PEER)) for _ in range(ROUNDS)]
            ours, peers = (median(rates) for rates in zip(*rounds, strict=True))
            yield Figure(
                name=f"verify_{name}",
                group="curation",
                value=ours,
                unit="answers/s",
                peer="math-verify in the same workers",
                peer_value=peers,
                target=0.9,
            )


def rate(pool: VerifierPool, cases: Sequence[Case], verifier: str) -> float:
    """Return verdicts a second."""
    begun = time.perf_counter()
    num = sum(1 for _ in verdicts(pool, cases, verifier))
    return num / (time.perf_counter() - begun)
