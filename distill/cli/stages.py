"""A sub-command for every stage, and `all`."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

import typer
from rich.table import Table

from distill.cli.options import (
    DEFAULT_RECIPE,
    DataOption,
    HomeOption,
    RecipeOption,
    SetOption,
    ShardOption,
    ShardsOption,
    stage_context,
)
from distill.runs.context import Context


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stage: the module with its check() and run(), imported when it is needed."""

    name: str
    module: str
    help: str

    def load(self) -> ModuleType:
        """Import the stage."""
        return import_module(self.module)


STAGES = {
    stage.name: stage
    for stage in (
        Stage(
            name="prompts",
            module="datagen.prompts",
            help="Take problems from the recipe's sources into the warehouse, each once.",
        ),
        Stage(
            name="serve",
            module="teacher.serve",
            help="Serve the teacher in the foreground; other stages find it by themselves.",
        ),
        Stage(
            name="generate",
            module="datagen.generate",
            help="Sample traces from the teacher, or import them; asks only for what is missing.",
        ),
        Stage(
            name="verify",
            module="datagen.verify",
            help="Check every trace against its reference: correct, wrong or undecided.",
        ),
        Stage(
            name="filter",
            module="datagen.filter",
            help="Apply the recipe's rules to every trace and show what each of them drops.",
        ),
        Stage(
            name="dataset",
            module="datagen.dataset",
            help="Choose the training mix, arm by arm, split by problem.",
        ),
        Stage(
            name="sft",
            module="student.sft",
            help="Fine-tune the students on the chosen traces with TRL.",
        ),
        Stage(
            name="eval",
            module="eval.evaluate",
            help="Score teacher, bases and students on the benchmarks, with intervals.",
        ),
        Stage(
            name="report",
            module="eval.report",
            help="Print base, student and teacher beside each other and write the report.",
        ),
    )
}
PIPELINE = ("prompts", "generate", "verify", "filter", "dataset", "sft", "eval", "report")


def register(app: typer.Typer) -> None:
    """Add the stages to the command."""
    for stage in STAGES.values():
        app.command(stage.name, help=stage.help, rich_help_panel="Stages")(_command(stage))
    app.command("all", rich_help_panel="Stages")(run_all)


def generate(
    recipe: RecipeOption = DEFAULT_RECIPE,
    set_: SetOption = None,
    data: DataOption = None,
    home: HomeOption = None,
    shard: ShardOption = None,
    shards: ShardsOption = None,
) -> None:
    """Ask the teacher, or for one of several machines its share."""
    with stage_context(recipe, set_, data, home) as context:
        module = STAGES["generate"].load()
        module.check(context)
        if shard:
            import_module("datagen.shards").run(context, shard, shards)
        else:
            module.run(context, shards=shards)


def _command(stage: Stage) -> Callable[..., None]:
    if stage.name == "generate":
        return generate

    def command(
        recipe: RecipeOption = DEFAULT_RECIPE,
        set_: SetOption = None,
        data: DataOption = None,
        home: HomeOption = None,
    ) -> None:
        with stage_context(recipe, set_, data, home) as context:
            module = stage.load()
            module.check(context)
            module.run(context)

    return command


def run_all(
    recipe: RecipeOption = DEFAULT_RECIPE,
    set_: SetOption = None,
    data: DataOption = None,
    home: HomeOption = None,
) -> None:
    """Run the whole pipeline; what is done already is not done again."""
    with stage_context(recipe, set_, data, home) as context:
        modules = {name: STAGES[name].load() for name in PIPELINE}
        for module in modules.values():
            module.check(context)
        clock = _Clock(context)

        def run(name: str, title: str = "", **arguments: Any) -> None:
            with clock.step(title or name):
                modules[name].run(context, **arguments)

        run("prompts")
        run("generate")
        # While the teacher's server is up: teacher and bases may be the same model.
        run("eval", "eval of teacher and bases", roles=("teacher", "base"))
        for name in ("verify", "filter", "dataset", "sft"):
            run(name)
        run("eval", "eval of students")
        run("report")
        clock.summary()


class _Clock:
    """Times the steps of `all` and shows them."""

    def __init__(self, context: Context) -> None:
        self._console = context.console
        self._steps: list[tuple[str, float]] = []

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        self._console.rule(f"[bold]{title}", align="left", style="dim")
        begun = time.monotonic()
        yield
        self._steps.append((title, time.monotonic() - begun))

    def summary(self) -> None:
        table = Table(title="time", title_justify="left", box=None, pad_edge=False)
        table.add_column("step")
        table.add_column("seconds", justify="right")
        for title, seconds in [*self._steps, ("total", sum(s for _, s in self._steps))]:
            table.add_row(title, f"{seconds:.1f}")
        self._console.print(table)
