"""Progress of long work: a bar on a terminal, a line at intervals elsewhere, the run's status."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from distill.runs.run import Run

LINE_INTERVAL_SEC = 15.0

Advance = Callable[..., None]
"""advance(n=1, note=""): n more are done; `note` is shown behind the bar."""


@contextmanager
def track(
    console: Console, run: Run, title: str, total: int | None, unit: str = "items"
) -> Iterator[Advance]:
    """Show `title` with what is done, the rate and the time left; record it in the run."""
    begun = printed = time.monotonic()
    done = 0
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    task = bar.add_task(title, total=total, rate="", note="")

    def advance(n: int = 1, note: str = "") -> None:
        nonlocal done, printed
        done += n
        now = time.monotonic()
        rate = done / max(now - begun, 1e-9)
        run.progress(done, total, note)
        pace = f"{rate:.1f} {unit}/s" if rate >= 1 or not done else f"{1 / rate:.1f} s each"
        bar.update(task, advance=n, rate=pace, note=note)
        if not console.is_terminal and now - printed >= LINE_INTERVAL_SEC:
            printed = now
            left = f" left={(total - done) / rate:.0f}s" if total and rate else ""
            of = f"/{total}" if total else ""
            console.print(
                f"{title}: {done}{of} {unit} {pace}{left} {note}".rstrip(),
                highlight=False,
                markup=False,
            )

    with bar:
        yield advance
    run.progress(done, total)
    run.save()
