"""The time of each stage of `make all` on the default recipe, in a home of its own."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from distill.cli.options import DEFAULT_RECIPE
from distill.cli.stages import PIPELINE
from distill.config.load import load_recipe
from distill.runs.home import Home
from distill.runs.run import read_status
from tests.bench.figure import Figure

TARGET_SEC = 18 * 60


def measure() -> Iterator[Figure]:
    """Run the pipeline once and read the stages' times from their runs."""
    recipe = load_recipe(os.environ.get("BENCH_RECIPE", DEFAULT_RECIPE))
    with tempfile.TemporaryDirectory() as folder:
        home = Home.at(folder)
        command = [sys.executable, "-m", "distill.cli"]
        subprocess.run([*command, "prepare", "--home", folder], check=True)
        begun = time.monotonic()
        with Path(folder, "all.log").open("w") as log:
            subprocess.run(
                [*command, "all", "--recipe", recipe.name, "--home", folder],
                check=True,
                stdout=log,
            )
        total = time.monotonic() - begun
        for stage in PIPELINE:
            status = read_status(home.run_dir(recipe.name, stage, recipe.run_id(stage)))
            if status:
                yield Figure(name=stage, group="pipeline", value=status.seconds, unit="s")
    yield Figure(
        name=f"all-{recipe.name}",
        group="pipeline",
        value=total,
        unit="s",
        target=TARGET_SEC,
        lower_is_better=True,
    )
