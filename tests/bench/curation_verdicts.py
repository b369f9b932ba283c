"""Verdicts of the verifier `math` beside math-verify alone: false positives and false negatives.

Both run in the same worker processes, with the deadline in force. A verdict that is not `correct`
on an answer that is counts as a false negative, undecided ones too.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence

from distill.config.prompts import Verification
from distill.verify.base import Check, Verdict
from distill.verify.pool import VerifierPool
from tests.bench.cases import Case, data, gsm8k, math500, own_cases, pilot, upstream
from tests.bench.figure import Figure
from tests.bench.heldout import cases as heldout

PEER = "math-verify"
OURS = "math"
SETTINGS = Verification(verifiers=(OURS, PEER), timeout_sec=5.0)
START_SEC = 20.0
"""More than a worker takes to start on a busy machine."""
EASY = Case(kind="easy", gold="1", answer="1", expected=True)
ENDLESS = (
    r"9^{9^{9^{9}}}",
    r"\binom{10^{9}}{10^{8}}",
    r"(10^{9})!",
    r"\sum_{k=1}^{10^{9}} \frac{1}{k^k}",
    r"\int_0^1 \int_0^1 \sin(x^y) \ln(x+y)^{xy} dx dy",
    r"\sqrt[10^{9}]{10^{10^{9}}}+\frac{1}{10^{10^{9}}}",
    r"x^{1000}+(x+1)^{1000}(x-1)^{1000}",
    "(" * 3000 + "x" + ")" * 3000,
    r"\frac{" * 500 + "1" + "}{2}" * 500,
    r"\text{" * 2000 + "}" * 2000,
    "1,2," * 5000 + "3",
    r"\{" + ",".join(f"x_{{{n}}}^2" for n in range(59)) + r"\}",
)
"""Answers that keep a comparison busy for ever, or try to."""


def measure() -> Iterator[Figure]:
    """Yield, set by set, our errors beside math-verify's, and what hung."""
    sets: dict[str, tuple[Sequence[Case], float]] = {
        "upstream": (list(upstream(corrected=False)), 1.0),
        "upstream_corrected": (list(upstream(corrected=True)), 1.0),
        "gsm8k": (list(gsm8k()), 1.0),
        "pilot": (list(pilot()), 1.0),
        "math500_itself": (list(math500()), 1.0),
        "own": (list(own_cases()), 0.25),
        "own_more": (list(own_cases("verdicts-more.txt")), 1.0),
        "heldout": (list(heldout(data())), 1.0),
        "heldout_other_seed": (list(heldout(data(), seed=7)), 1.0),
    }
    with VerifierPool(SETTINGS) as pool:
        for name, (cases, share) in sets.items():
            yield from compare(pool, name, cases, share)
    yield hangs()


def compare(pool: VerifierPool, name: str, cases: Sequence[Case], share: float) -> Iterator[Figure]:
    """Yield the figures of one set; `share` is how much of the peer's errors we may make."""
    ours, peers = errors(pool, cases, OURS), errors(pool, cases, PEER)
    if share < 1:
        made, theirs = (e["positives"] + e["negatives"] for e in (ours, peers))
        unit = f"errors of {len(cases)} (math-verify {theirs})"
        yield figure(f"{name}_errors", made, unit, share * theirs)
    for kind in ("positives", "negatives"):
        there = sum(case.expected is (kind == "negatives") for case in cases)
        unit = f"false {kind} of {there} (math-verify {peers[kind]})"
        yield figure(f"{name}_false_{kind}", ours[kind], unit, peers[kind])


def figure(name: str, value: float, unit: str, limit: float) -> Figure:
    return Figure(
        name=f"verdicts_{name}",
        group="curation",
        value=value,
        unit=unit,
        target=limit,
        lower_is_better=True,
    )


def errors(pool: VerifierPool, cases: Sequence[Case], verifier: str) -> Counter[str]:
    """Return how many false positives, false negatives and undecided there are."""
    found: Counter[str] = Counter()
    for number, verdict in verdicts(pool, cases, verifier):
        correct = verdict.decision == "correct"
        found["undecided"] += verdict.decision == "undecided"
        if correct is not cases[number].expected:
            found["positives" if correct else "negatives"] += 1
    return found


def verdicts(
    pool: VerifierPool, cases: Sequence[Case], verifier: str
) -> Iterator[tuple[int, Verdict]]:
    """Yield the verdict on each case, by its number."""
    yield from pool.verify(
        Check(key=number, verifier=verifier, answer=case.answer, gold={"answer": case.gold})
        for number, case in enumerate(cases)
    )


def hangs(settings: Verification = SETTINGS) -> Figure:
    """Return how many endless comparisons outlived their deadline, told by the clock on the wall.

    One worker, so that the time between two verdicts is that of one check, and of starting the
    next worker where it was killed.
    """
    cases = [
        Case(kind="endless", gold=gold, answer=f"\\boxed{{{answer}}}", expected=False)
        for text in ENDLESS
        for gold, answer in ((text, "x + 1"), ("x + 1", text), (text, text + "+1"))
    ]
    late = stopped = 0
    with VerifierPool(settings.model_copy(update={"num_workers": 1})) as pool:
        list(verdicts(pool, [EASY], OURS))  # starts the worker
        last = time.monotonic()
        for _, verdict in verdicts(pool, cases, OURS):
            now = time.monotonic()
            late += now - last > settings.timeout_sec + START_SEC
            stopped += verdict.reason in ("timeout", "crash")
            last = now
    unit = f"hangs of {len(cases)} ({stopped} stopped at the deadline, undecided)"
    return figure("hangs", late, unit, 0)
