"""The `distill` command: parses first, imports a stage only when it runs."""

import logging
import os
import signal
import sys
from types import FrameType

import typer
from rich.console import Console

from distill.cli import doctor, plan, prepare, recipes, sql, stages, status, traces, warehouse
from distill.errors import UserError

INTERRUPTED = 130

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Distil a large reasoning model into small ones. "
    "Every stage is a sub-command and a make target; run again, it does only what is missing.",
)
for part in (stages, status, plan, recipes, doctor, prepare, sql, traces, warehouse):
    part.register(app)


def main() -> None:
    """Run the command; people's errors end without a traceback and with 2, Ctrl-C with 130."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # TRL reports every training otherwise
    logging.getLogger().setLevel(logging.INFO)
    warnings = logging.StreamHandler()
    warnings.setLevel(logging.WARNING)
    warnings.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(warnings)
    signal.signal(signal.SIGTERM, _terminate)
    errors = Console(stderr=True, soft_wrap=True)
    try:
        app()
    except UserError as error:
        errors.print("[bold red]error:[/] ", end="")
        errors.print(str(error), markup=False, highlight=False)
        sys.exit(2)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            errors.print("interrupted; the same command goes on where it stopped")
        raise


def _terminate(signum: int, frame: FrameType | None) -> None:
    sys.exit(128 + signum)  # unwinds the stack, so that servers and locks are given back
