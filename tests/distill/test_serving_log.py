from pathlib import Path

from distill.serving.log import report

PREFIX = "(EngineCore pid=12) ERROR 11-22 06:37:55 [core.py:1512] "
FAILED = [
    "(APIServer pid=9) WARNING 11-22 06:00:00 [x.py:1] errors like `OSError: [Errno 24] Too many`",
    "\x1b[32mINFO\x1b[0m loading: 10%\rINFO loading: 100%",
    f"{PREFIX}Traceback (most recent call last):",
    f"{PREFIX}RuntimeError: head_dim=16 is not supported",
    "(APIServer pid=9) RuntimeError: Engine core initialization failed. See root cause above.",
    *[f"INFO shutting down {i}" for i in range(18)],
    "nanobind: leaked 2 types!",
    ' - leaked type "x"',
    " - ... skipped remainder",
    "See https://nanobind.readthedocs.io/",
    "  warnings.warn('resource_tracker: leaked')",
]


def test_the_first_error_and_the_last_lines_that_say_something(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text("\n".join(FAILED))
    first, error, title, *last = report(log).splitlines()
    assert first == f"The first error in {log}:"
    assert error == "  RuntimeError: head_dim=16 is not supported"
    assert title == "Its last lines:"
    assert last == [
        f"  | {FAILED[3]}",
        f"  | {FAILED[4]}",
        *[f"  | INFO shutting down {i}" for i in range(18)],
    ]


def test_a_log_without_an_error(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text("\n".join(FAILED[:2]))
    assert report(log).splitlines()[0] == f"The last lines of {log}:"
    assert report(log).splitlines()[-1] == "  | INFO loading: 100%"


def test_only_what_was_written_since_the_start(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_bytes(b"ValueError: old\nnew \xff\x00 " + b"x" * 500)
    shown = report(log, begin=16).splitlines()
    assert shown == [f"The last lines of {log}:", "  | new \ufffd " + "x" * 294]


def test_an_empty_log(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.touch()
    assert report(log) == f"The last lines of {log}:"
