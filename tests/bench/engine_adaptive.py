"""What adaptive sampling saves against a fixed number of samples, on the same prompts and samples.

The miniature teacher behind a real vLLM on the CPU. Adaptive sampling comes first; the fixed number
is made up from it, so that both share their samples and differ in how many they take. A second
figure: a stub whose prompts are solved in 100 to 0% of tries, as with a teacher at its limits.
"""

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from datagen import generate, prompts, verify
from distill.config.load import load_recipe
from distill.config.recipe import Recipe
from distill.runs.context import Context
from distill.runs.home import Home
from distill.serving.pool import ServerPool
from tests.bench.figure import Figure
from tests.stub_server import running
from warehouse.database import Warehouse

NUM_SAMPLES, NUM_CORRECT = 8, 2
PROMPTS_A_FAMILY = 6
FIXED = [f"generation.num_samples={NUM_SAMPLES}"]
ADAPTIVE = [*FIXED, f"generation.adaptive={{num_correct={NUM_CORRECT}}}"]
SHARES = (100, 95, 90, 80, 65, 50, 35, 20, 10, 0)
SPENT = """
select
    count(*) as num_traces,
    sum(completion_tokens) as tokens,
    count(distinct prompt_id) filter (where num_correct >= $num_correct) as num_served
from (
    select
        attempts.*,
        count(*) filter (where decision = 'correct') over (partition by prompt_id) as num_correct
    from run_attempts
    join attempts using (attempt_id)
    join current_verdicts using (attempt_id)
    where run_attempts.run_id = $run_id
)
"""


def measure() -> Iterator[Figure]:
    """Yield the share of tokens saved with the miniature, then with known pass rates."""
    sizes = [
        f"prompts.{n}.size={PROMPTS_A_FAMILY}" for n in range(len(load_recipe("tiny").prompts))
    ]
    with tempfile.TemporaryDirectory() as folder:
        yield from compare("miniature", Path(folder), "tiny", sizes)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with running(place / "log", module="tests.stub_hosted", delay=0.02) as server:
            yield from compare("known_rates", place, *stub_recipe(place, server.url))


def stub_recipe(folder: Path, url: str) -> tuple[str, list[str]]:
    """Write a recipe of sums, ten of each pass rate; return its path and no changes."""
    lines = [
        f'{{"q": "What is {n} + {n}? (solved {SHARES[n % len(SHARES)]}%)", "a": "{2 * n}"}}\n'
        for n in range(10 * len(SHARES))
    ]
    (folder / "sums.jsonl").write_text("".join(lines))
    path = folder / "sums.toml"
    path.write_text(
        f'[models.teacher]\nsource = "stub"\nurl = "{url}/v1"\n'
        '[[prompts]]\nkind = "file"\nname = "sums"\ndomain = "math"\npath = "sums.jsonl"\n'
        'fields = { problem = "q", gold = "a" }\n'
    )
    return str(path), []


def compare(name: str, folder: Path, recipe: str, changes: list[str]) -> Iterator[Figure]:
    """Sample adaptively, then go on to the fixed number; yield what the first saved."""
    home, console = Home.at(str(folder / "home")), Console(file=io.StringIO(), width=200)
    servers = ServerPool(home, console, keep=True)
    try:
        taken = sampled(home, servers, load_recipe(recipe, [*changes, *ADAPTIVE]))
        fixed = sampled(home, servers, load_recipe(recipe, [*changes, *FIXED]))
    finally:
        servers.close()
    yield Figure(
        name=f"adaptive_tokens_saved_{name}",
        group="engine",
        value=100 * (1 - taken["tokens"] / fixed["tokens"]),
        unit=f"% of the {fixed['tokens']:,.0f} tokens of {NUM_SAMPLES} samples a prompt",
    )
    yield Figure(
        name=f"adaptive_prompts_served_{name}",
        group="engine",
        value=taken["num_served"],
        unit=f"prompts with {NUM_CORRECT} correct of {taken['num_traces']:,} traces",
        peer=f"of {fixed['num_traces']:,} traces, {NUM_SAMPLES} a prompt",
        peer_value=fixed["num_served"],
        target=1.0,
    )


def sampled(home: Home, servers: ServerPool, recipe: Recipe) -> dict[str, Any]:
    """Run the stages up to verify; return what the generate run took."""
    console = Console(file=io.StringIO(), width=200)
    context = Context(recipe=recipe, home=home, data=None, servers=servers, console=console)
    for stage in (prompts, generate, verify):
        stage.run(context)
    run_id = recipe.run_id("generate")
    (row,) = Warehouse(home.warehouse, "bench").query(SPENT, run_id=run_id, num_correct=NUM_CORRECT)
    return row
