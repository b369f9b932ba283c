"""Results in words: numbers as they are printed, and what can and cannot be concluded from them.

Shares are printed in per cent and differences in percentage points, as papers print them.
"""

from eval.results import Comparison
from eval.statistics import Estimate, error_of, least_detectable_difference

NONE = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"


def percent(share: float | None) -> str:
    """Return 0.425 as 42.5."""
    return NONE if share is None else f"{100 * share:.1f}"


def signed(share: float | None) -> str:
    """Return 0.125 as +12.5, and a negative one with a minus sign."""
    if share is None:
        return NONE
    text = f"{100 * share:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", MINUS)


def interval(low: float | None, high: float | None) -> str:
    """Return the interval of a share, or nothing where there is none."""
    return "" if low is None or high is None else f"{percent(low)}\N{EN DASH}{percent(high)}"


def signed_interval(low: float | None, high: float | None) -> str:
    """Return the interval of a difference, or nothing where there is none."""
    return "" if low is None or high is None else f"{signed(low)} to {signed(high)}"


def share_interval(low: float | None, high: float | None) -> str:
    """Return the interval of a recovered share, or nothing where there is none."""
    return "" if low is None or high is None else f"{share(low)} to {share(high)}"


def p_value(p: float | None) -> str:
    """Return `p=0.031`."""
    if p is None:
        return ""
    return "p<0.001" if p < 0.001 else f"p={p:.3f}" if p < 0.1 else f"p={p:.2f}"


def share(value: float | None) -> str:
    """Return 0.71 as 71%."""
    return NONE if value is None else f"{100 * value:.0f}%".replace("-", MINUS)


def count(number: float | None) -> str:
    """Return 1234.5 as 1,234."""
    return NONE if number is None else f"{number:,.0f}"


def duration(seconds: float) -> str:
    """Return 75 as 1 min 15 s."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def level(confidence: float) -> str:
    """Return 0.95 as 95%."""
    return f"{100 * confidence:g}%"


def conclusions(comparison: Comparison, confidence: float) -> list[str]:
    """Return what the comparison shows, what it cannot show, and from how much."""
    c = comparison
    gain = Estimate(value=c.gain, low=c.gain_low, high=c.gain_high)
    behind = Estimate(value=c.difference, low=c.difference_low, high=c.difference_high)
    sentences = [
        _difference(c, "its base", gain, c.gain_p_value, confidence),
        _difference(c, "the teacher", behind, c.p_value, confidence),
        _recovered(c),
    ]
    return [sentence for sentence in sentences if sentence]


def _difference(
    c: Comparison, other: str, found: Estimate, p: float | None, confidence: float
) -> str:
    if found.value is None or found.low is None or found.high is None or p is None:
        return ""
    ends = signed_interval(found.low, found.high)
    known = f"{level(confidence)} interval {ends}, {p_value(p)}"
    if p < 1 - confidence and not found.holds(0.0):
        more = "more" if found.value > 0 else "less"
        return (
            f"Student {c.student} solves {percent(abs(found.value))} points {more} than {other} "
            f"({known}): more than chance explains."
        )
    none = f"No difference between student {c.student} and {other} is shown: "
    known = f"{signed(found.value)} points ({known}). "
    least = least_detectable_difference(error_of(found.low, found.high, confidence), confidence)
    if least >= 1:
        return f"{none}{known}{c.num_problems} problems are too few to show any."
    return (
        f"{none}{known}{c.num_problems} problems would show a true difference of "
        f"{100 * least:.0f} points four times in five, and smaller ones more rarely."
    )


def _recovered(c: Comparison) -> str:
    if c.teacher_pass_at_1 is None or c.base_pass_at_1 is None:
        return ""
    if c.recovered is not None:
        ends = share_interval(c.recovered_low, c.recovered_high)
        return (
            f"It closed {share(c.recovered)} of the gap between base and teacher"
            f"{f' (interval {ends})' if ends else ''}."
        )
    gap = signed(c.teacher_pass_at_1 - c.base_pass_at_1)
    same = "Teacher and base are the same model. " if c.teacher_model_id == c.base_model_id else ""
    return (
        f"{same}Teacher {MINUS} base is {gap} points and may be nothing, so the share of it that "
        f"the student recovered is undefined."
    )
