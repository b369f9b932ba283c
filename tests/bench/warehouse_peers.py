"""The same ten questions about 80,000 traces, to the warehouse and to JSON lines with others.

Once each in a process of its own, as commands and scripts ask, and once all in one session, as a
shell and a notebook do. Imports are not counted; memory is the largest resident set of a process.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench._warehouse_asked import QUESTIONS, SQL, Session, ask_warehouse
from tests.bench._warehouse_peers import ask_datasets, ask_pandas
from tests.bench.apart import Measured, apart
from tests.bench.figure import Figure
from tests.bench.fullsize import folder, load_attempts, load_facts, source
from tests.bench.manytraces import num_rows
from warehouse.database import Warehouse

ROWS = 80_000
TIMES_FASTER, SHARE_OF_MEMORY = 20, 0.1
Ask = Callable[[Path, Sequence[str], str], Session]
PEERS: dict[str, Ask] = {"pandas": ask_pandas, "datasets": ask_datasets}


def measure() -> Iterator[Figure]:
    """Yield how many times as long the others take, and our share of their memory.

    Raises:
        AssertionError: if somebody answers otherwise.
    """
    rows = min(ROWS, num_rows())
    path, lines = folder(rows) / "warehouse.duckdb", folder(rows) / "traces.jsonl"
    if not path.exists():
        load_attempts(path, source(rows))
        load_facts(path, source(rows))
    attempt_id = write_lines(path, lines)
    ours = Asked(ask_warehouse, path, attempt_id)
    theirs = {name: Asked(ask, lines, attempt_id) for name, ask in PEERS.items()}
    lines.unlink()
    shutil.rmtree(lines.with_suffix(".datasets"))
    show({"warehouse": ours} | theirs)
    for name, peer in theirs.items():
        assert peer.session.value.answers == ours.session.value.answers, name
        yield faster(f"ten_questions_{name}", peer.one_by_one, ours.one_by_one)
        yield faster(f"ten_questions_in_a_session_{name}", peer.at_once, ours.at_once)
        yield Figure(
            name=f"ten_questions_memory_{name}",
            group="warehouse",
            value=ours.peak_gib,
            unit="GiB",
            peer=name,
            peer_value=peer.peak_gib,
            target=SHARE_OF_MEMORY,
            lower_is_better=True,
        )


def faster(name: str, theirs: float, ours: float) -> Figure:
    return Figure(
        name=name,
        group="warehouse",
        value=theirs,
        unit="s",
        peer="warehouse",
        peer_value=ours,
        target=TIMES_FASTER,
    )


class Asked:
    """The ten questions, one by one and in a session; seconds and memory of both."""

    def __init__(self, ask: Ask, path: Path, attempt_id: str) -> None:
        self.apart = {name: apart(ask, path, [name], attempt_id) for name in QUESTIONS}
        self.session = apart(ask, path, QUESTIONS, attempt_id)
        self.one_by_one = sum(map(seconds, self.apart.values()))
        self.at_once = seconds(self.session)
        peaks = [measured.peak_bytes for measured in [*self.apart.values(), self.session]]
        self.peak_gib = max(peaks) / 2**30


def seconds(measured: Measured) -> float:
    return float(sum(measured.value.seconds.values()))


def write_lines(path: Path, lines: Path) -> str:
    """Write the traces as JSON lines; return the id of one of them."""
    with Warehouse(path, "bench").read() as connection:
        text = (SQL / "traces.sql").read_text()
        connection.execute(text, {"path": str(lines)}).fetchall()
        first = "select cast(min(attempt_id) as varchar) from attempts"
        ((attempt_id,),) = connection.execute(first).fetchall()
    return str(attempt_id)


def show(asked: dict[str, Asked]) -> None:
    """Print the seconds of each question, asked alone and in a session."""
    table = Table("seconds alone / in a session", *asked)
    opened = (f"/ {one.session.value.seconds['open']:.2f}" for one in asked.values())
    table.add_row("open", *opened)
    for name in QUESTIONS:
        both = (
            f"{seconds(one.apart[name]):.2f} / {one.session.value.seconds[name]:.3f}"
            for one in asked.values()
        )
        table.add_row(name, *both)
    sums = (f"{one.one_by_one:.2f} / {one.at_once:.2f}" for one in asked.values())
    table.add_row("all", *sums)
    table.add_row("peak memory, GiB", *(f"{one.peak_gib:.2f}" for one in asked.values()))
    Console(width=100).print(table)
