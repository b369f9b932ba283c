"""The comparison in the terminal: one table a student, readable at 100 columns."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from eval import words
from eval.results import OVERALL, ROLES, Comparison, Report, Score


def comparison_tables(report: Report) -> Iterator[RenderableType]:
    """Yield each student's table and what can be concluded from it."""
    for student in report.students:
        yield Group(_table(report, student), *_sentences(report, student))


def _table(report: Report, student: str) -> Table:
    level = words.level(report.confidence)
    table = Table(
        title=_title(report, student),
        caption=f"pass@1 in per cent; {level} intervals over problems; n problems",
        title_justify="left",
        caption_justify="left",
        title_style="",
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    table.add_column("benchmark", overflow="fold", min_width=16)
    table.add_column("n", justify="right", style="dim")
    for name in (*ROLES, "vs base", "vs teacher", "recovered"):
        table.add_column(name, justify="right", no_wrap=True)
    for benchmark in report.benchmarks:
        style = "bold" if benchmark == OVERALL else ""
        table.add_row(*_row(report, student, benchmark), style=style)
    return table


def _title(report: Report, student: str) -> Text:
    title = Text()
    for role in ROLES:
        score = report.score(role, student, OVERALL)
        title.append(f"{role} ", style="dim").append(score.model if score else words.NONE)
        title.append("   ")
    return title


def _row(report: Report, student: str, benchmark: str) -> list[RenderableType]:
    scores = [report.score(role, student, benchmark) for role in ROLES]
    num_problems = report.num_problems(student, benchmark)
    return [
        Text(benchmark),
        str(num_problems),
        *(_level(score) for score in scores),
        *_differences(report.comparison(student, benchmark)),
    ]


def _cell(*lines: str) -> Text:
    first, *rest = lines
    return Text("\n").join([Text(first), *(Text(line, style="dim not bold") for line in rest)])


def _level(score: Score | None) -> Text:
    if score is None:
        return Text(words.NONE)
    return _cell(words.percent(score.pass_at_1), words.interval(score.ci_low, score.ci_high))


def _differences(c: Comparison | None) -> list[Text]:
    if c is None:
        return [Text(words.NONE)] * 3
    return [
        _cell(
            f"{words.signed(c.gain)} {words.p_value(c.gain_p_value)}",
            words.signed_interval(c.gain_low, c.gain_high),
        ),
        _cell(
            f"{words.signed(c.difference)} {words.p_value(c.p_value)}",
            words.signed_interval(c.difference_low, c.difference_high),
        ),
        _cell(words.share(c.recovered), words.share_interval(c.recovered_low, c.recovered_high)),
    ]


def _sentences(report: Report, student: str) -> list[Padding]:
    overall = report.comparison(student, OVERALL)
    found = words.conclusions(overall, report.confidence) if overall else []
    return [
        Padding(Text(sentence), (1 if i == 0 else 0, 0, 0, 0)) for i, sentence in enumerate(found)
    ]
