"""The intervals of every role on every benchmark as a picture, for a README or a paper."""

from pathlib import Path
from typing import Any

from eval import words
from eval.results import OVERALL, ROLES, Report

COLOURS = {"base": "#868e9c", "student": "#2458d3", "teacher": "#c2571a"}
INK, FAINT = "#1b1f27", "#e3e6eb"
SETTINGS: dict[Any, Any] = {
    "font.size": 9,
    "text.parse_math": False,  # a benchmark's name may hold a dollar sign
    "svg.hashsalt": "distill",  # the same results are the same file
    "svg.fonttype": "path",
}
LABEL_IN, PANEL_IN, ROW_IN, HEAD_IN = 1.6, 5.0, 0.52, 0.95
ABREAST = 2
"""Students side by side."""


def write_pictures(report: Report, stem: Path) -> list[Path]:
    """Write `stem`.svg and `stem`.png and return their paths."""
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    rows = len(report.benchmarks)
    with matplotlib.rc_context(SETTINGS):
        across = min(ABREAST, len(report.students))
        down = -(-len(report.students) // across)
        figure = Figure(
            figsize=(across * (LABEL_IN + PANEL_IN), down * (rows * ROW_IN + HEAD_IN)),
            layout=ConstrainedLayoutEngine(hspace=0.06),
            facecolor="white",
        )
        panels = figure.subplots(down, across, squeeze=False).flat
        for panel, student in zip(panels, report.students, strict=False):
            _draw(panel, report, student)
        for panel in panels:  # the iterator goes on behind the last student
            panel.set_visible(False)
        paths = [stem.with_name(f"{stem.name}.{kind}") for kind in ("svg", "png")]
        for path, metadata in zip(paths, ({"Date": None}, {"Software": None}), strict=True):
            temporary = path.with_name(f".{path.name}")
            figure.savefig(temporary, format=path.suffix[1:], dpi=200, metadata=metadata)
            temporary.replace(path)
    return paths


def _draw(panel: Any, report: Report, student: str) -> None:
    for role in ROLES:
        panel.plot([], [], "o", color=COLOURS[role], markersize=5.5, label=role)
    for row, benchmark in enumerate(report.benchmarks):
        for place, role in enumerate(ROLES):
            _draw_score(panel, report, student, benchmark, role, row + (place - 1) * 0.24)
    labels = [_label(report, student, benchmark) for benchmark in report.benchmarks]
    panel.set_yticks(range(len(labels)), labels, color=INK)
    panel.set_ylim(len(labels) - 0.45, -0.55)
    panel.set_xlim(0, 106)
    panel.set_xticks(range(0, 101, 25))
    panel.tick_params(length=0, colors=INK)
    panel.grid(axis="x", color=FAINT, linewidth=0.8)
    panel.set_axisbelow(True)
    for side in panel.spines.values():
        side.set_visible(False)
    if OVERALL in report.benchmarks:
        panel.axhline(len(labels) - 1.5, color=FAINT, linewidth=0.8)
        panel.get_yticklabels()[-1].set_fontweight("bold")
    title = f"{student}: pass@1 in per cent, {words.level(report.confidence)} intervals"
    panel.set_title(title, loc="left", fontsize=10, fontweight="bold", color=INK, pad=22)
    panel.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=3,
        frameon=False,
        handletextpad=0.2,
        borderaxespad=0.1,
        columnspacing=1.4,
        handlelength=1.2,
    )


def _draw_score(
    panel: Any, report: Report, student: str, benchmark: str, role: str, height: float
) -> None:
    score = report.score(role, student, benchmark)
    if score is None or score.pass_at_1 is None:
        return
    colour, value = COLOURS[role], 100 * score.pass_at_1
    end = value
    if score.ci_low is not None and score.ci_high is not None:
        end = 100 * score.ci_high
        panel.plot(
            [100 * score.ci_low, end],
            [height, height],
            color=colour,
            linewidth=3.4,
            alpha=0.35,
            solid_capstyle="butt",
        )
    panel.plot(value, height, "o", color=colour, markersize=5.5, clip_on=False)
    panel.annotate(
        words.percent(score.pass_at_1),
        (end, height),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
        color=colour,
        annotation_clip=False,
    )


def _label(report: Report, student: str, benchmark: str) -> str:
    num_problems = report.num_problems(student, benchmark)
    name = benchmark if len(benchmark) <= 28 else f"{benchmark[:27]}…"
    return f"{name}\nn = {num_problems}"
