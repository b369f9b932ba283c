import io

import pytest
from rich.console import Console

from eval import words
from eval.tables import comparison_tables
from tests.eval.toy_report import NASTY, toy_report, without_teacher


def printed(report, width=100):
    console = Console(file=io.StringIO(), width=width, highlight=False)
    for part in comparison_tables(report):
        console.print(part)
    return console.file.getvalue().replace(words.MINUS, "-").replace(words.NONE, "-")


def test_a_row_holds_every_role_its_interval_and_the_differences():
    lines = printed(toy_report()).splitlines()
    row = next(i for i, line in enumerate(lines) if line.startswith("rg/chain_sum"))
    assert lines[row].split() == [
        "rg/chain_sum", "40", "10.0", "42.5", "60.0", "+32.5", "p<0.001", "-17.5", "p=0.31", "65%",
    ]  # fmt: skip
    assert lines[row + 1].split()[:3] == ["0.0-24.0", "29.5-56.5", "47.0-74.0"]


@pytest.mark.parametrize("report", [toy_report(), without_teacher()])
def test_it_fits_100_columns_with_all_its_columns(report):
    lines = printed(report).splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 100
    header = next(line for line in lines if line.startswith("benchmark"))
    assert header.split() == [
        "benchmark", "n", "base", "student", "teacher", "vs", "base", "vs", "teacher", "recovered",
    ]  # fmt: skip


def test_markup_in_names_stays_text():
    text = printed(toy_report()).replace("\n", "")
    assert "[red]" in text
    assert "</script>" in text
    assert NASTY.startswith("rg/<script>")


def test_a_role_that_is_not_there_is_a_dash():
    lines = printed(without_teacher()).splitlines()
    row = next(line for line in lines if line.startswith("gsm8k"))
    assert row.split()[-3:] == ["p<0.001", "-", "-"]
