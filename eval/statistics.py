"""Statistics of evaluations: pass@1, intervals over problems, paired differences.

The unit is the problem: its k responses share their difficulty, so problems are resampled, never
responses. A score is a list of strata, one array a benchmark with one number a problem; one
benchmark is one stratum, `overall` has several and is the unweighted mean of their means. What is
undefined is None, never 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri, stdtrit

Values = NDArray[np.float64]
CHUNK = 4_000_000  # numbers drawn at a time: 32 MB
MAX_EXACT = 20  # problems whose 2^n sign flips are all counted
TOLERANCE = 1e-12  # sums of the same numbers in another order are equal


@dataclass(frozen=True, kw_only=True)
class Method:
    """How intervals are made; its name is stored with each score."""

    confidence: float = 0.95
    num_resamples: int = 10_000
    seed: int = 0

    @property
    def name(self) -> str:
        """What makes two scores comparable: `bootstrap/1` is this module's recipe."""
        return (
            f"bootstrap/1 level={self.confidence} resamples={self.num_resamples} seed={self.seed}"
        )


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A number and its interval; None where undefined."""

    value: float | None = None
    low: float | None = None
    high: float | None = None

    def holds(self, value: float) -> bool:
        """Say whether `value` is not excluded; without an interval nothing is."""
        return self.low is None or self.high is None or self.low <= value <= self.high


def pass_rates(num_correct: ArrayLike, num_responses: ArrayLike) -> Values:
    """Return each problem's share of correct responses, over those that exist, whatever k was."""
    rates: Values = np.asarray(num_correct, dtype=float) / np.asarray(num_responses, dtype=float)
    return rates


def pass_at_1(strata: Sequence[Values]) -> float | None:
    """Return the mean over problems of their pass rates, averaged over benchmarks."""
    if not strata or not all(len(values) for values in strata):
        return None
    return float(np.mean([values.mean() for values in strata]))


def resample(strata: Sequence[Values], method: Method) -> Values:
    """Return means over bootstrap resamples of the problems, drawn within each benchmark.

    Args:
        strata: arrays of shape (problems, columns); the columns of a problem are drawn together,
            which is what makes differences between them paired.
        method: number of resamples and seed.

    Returns:
        Shape (resamples, columns).
    """
    rng = np.random.default_rng(method.seed)
    total = np.zeros((method.num_resamples, strata[0].shape[1]))
    for values in strata:
        step = max(1, CHUNK // values.size)
        for begin in range(0, method.num_resamples, step):
            rows = min(step, method.num_resamples - begin)
            drawn = rng.integers(len(values), size=(rows, len(values)))
            total[begin : begin + rows] += values[drawn].mean(axis=1)
    return total / len(strata)


def tail(sizes: Sequence[int], confidence: float) -> float:
    """Return the share of resamples beyond each end of the expanded percentile interval.

    A plain percentile interval is too short for few problems: resamples vary by (n - 1) / n too
    little, and normal quantiles stand where Student's belong. Both are put right in the level
    (Hesterberg 2015, What Teachers Should Know About the Bootstrap).
    """
    n = np.asarray(sizes, dtype=float)
    shrunk = np.sum((n - 1) / n**2) / np.sum(1 / n)
    return float(ndtr(stdtrit(np.sum(n - 1), (1 - confidence) / 2) / np.sqrt(shrunk)))


def estimate(
    strata: Sequence[Values], method: Method, bounds: tuple[float, float] = (0.0, 1.0)
) -> Estimate:
    """Return the mean and its bootstrap interval over problems.

    A benchmark of one problem has no interval. Where no benchmark has two problems that differ
    there is nothing to resample, yet nothing is certain either: see `constant_interval`.

    Args:
        strata: arrays of shape (problems,).
        method: level, number of resamples, seed.
        bounds: least and greatest value that a problem can have.
    """
    value = pass_at_1(strata)
    if value is None or min(map(len, strata)) < 2:
        return Estimate(value=value)
    if all(np.ptp(values) < TOLERANCE for values in strata):
        ends = [constant_interval(v[0], len(v), method.confidence, bounds) for v in strata]
        low, high = np.mean(ends, axis=0)
        return Estimate(value=value, low=float(low), high=float(high))
    means = resample([values[:, None] for values in strata], method)[:, 0]
    low, high = _quantiles(means, strata, method)
    return Estimate(value=value, low=low, high=high)


def constant_interval(
    value: float, num_problems: int, confidence: float, bounds: tuple[float, float]
) -> tuple[float, float]:
    """Return the interval where all of n problems have one value, as when none is solved.

    If a share q of all problems had another value, n alike would be seen with probability
    (1 - q)^n; q is the share at which this falls to half of 1 - confidence, as in Clopper and
    Pearson's interval for 0 of n.
    """
    share = 1 - ((1 - confidence) / 2) ** (1 / num_problems)
    return value - share * (value - bounds[0]), value + share * (bounds[1] - value)


def difference(first: Sequence[Values], second: Sequence[Values], method: Method) -> Estimate:
    """Return first - second, problem by problem, with its interval by paired bootstrap."""
    return estimate(_differences(first, second), method, bounds=(-1.0, 1.0))


def sign_flip_p_value(
    first: Sequence[Values], second: Sequence[Values], method: Method
) -> float | None:
    """Return the two-sided p-value of a sign-flip permutation test on the problems' differences.

    If both models were alike, each problem's difference would be as likely with the other sign. All
    flips are counted for up to 20 problems that differ (for k = 1 that is McNemar's exact test);
    beyond, random ones, with the observed one among them, so that p is never 0 (Phipson and Smyth
    2010).
    """
    strata = _differences(first, second)
    if pass_at_1(strata) is None:
        return None
    shares = np.concatenate([values / (len(values) * len(strata)) for values in strata])
    shares = shares[np.abs(shares) > TOLERANCE]
    least = abs(shares.sum()) - TOLERANCE
    if len(shares) <= MAX_EXACT:
        sums = np.zeros(1)
        for share in shares:
            sums = np.concatenate([sums + share, sums - share])
        return float(np.mean(np.abs(sums) >= least))
    rng = np.random.default_rng(method.seed)
    hits, step = 1, max(1, CHUNK // len(shares))
    for begin in range(0, method.num_resamples, step):
        rows = min(step, method.num_resamples - begin)
        signs = rng.integers(2, size=(rows, len(shares)), dtype=np.int8) * 2 - 1
        hits += int(np.count_nonzero(np.abs(signs @ shares) >= least))
    return hits / (1 + method.num_resamples)


def recovered(
    student: Sequence[Values], base: Sequence[Values], teacher: Sequence[Values], method: Method
) -> Estimate:
    """Return (student - base) / (teacher - base), the share of the gap that the student closed.

    Undefined where the interval of teacher - base holds 0: a share of what may be nothing says
    nothing.
    """
    gap = difference(teacher, base, method)
    gain = pass_at_1(_differences(student, base))
    if gap.value is None or gain is None or gap.holds(0.0):
        return Estimate()
    columns = [np.stack(roles, axis=1) for roles in zip(student, base, teacher, strict=True)]
    student_means, base_means, teacher_means = resample(columns, method).T * np.sign(gap.value)
    gains, gaps = student_means - base_means, teacher_means - base_means
    # The few resamples whose gap is nothing or the other way round lie beyond every share.
    closed = gaps > TOLERANCE
    ratios = np.where(closed, gains / np.where(closed, gaps, 1.0), np.copysign(np.inf, gains))
    low, high = _quantiles(ratios, student, method)
    if not np.isfinite([low, high]).all() or high <= low:
        return Estimate(value=gain / gap.value)
    return Estimate(value=gain / gap.value, low=low, high=high)


def standard_error(num_problems: int, deviation: float = 0.5**0.5) -> float:
    """Return the standard error of a paired difference on so many problems.

    Args:
        num_problems: problems.
        deviation: standard deviation of the problems' differences; by default that of two models
            that solve half of them each, independently, with one response a problem: the most that
            equals can differ.
    """
    return float(deviation / np.sqrt(num_problems))


def error_of(low: float, high: float, confidence: float) -> float:
    """Return the standard error that an interval of a difference stands for."""
    return float((high - low) / 2 / ndtri((1 + confidence) / 2))


def least_detectable_difference(
    error: float, confidence: float = 0.95, power: float = 0.8
) -> float:
    """Return the true difference that a test at this level finds with probability `power`.

    Args:
        error: standard error of the difference.
        confidence: 1 - level of the two-sided test.
        power: probability of finding it.
    """
    return float((ndtri((1 + confidence) / 2) + ndtri(power)) * error)


def _differences(first: Sequence[Values], second: Sequence[Values]) -> list[Values]:
    return [a - b for a, b in zip(first, second, strict=True)]


def _quantiles(means: Values, strata: Sequence[Values], method: Method) -> tuple[float, float]:
    share = tail([len(values) for values in strata], method.confidence)
    low = np.quantile(means, share, method="lower")
    high = np.quantile(means, 1 - share, method="higher")
    return float(low), float(high)
