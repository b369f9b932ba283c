"""How much of what vLLM's own serving benchmark gets from a server the engine gets: on the CPU.

The server is vLLM with the miniature teacher; clients and server share the cores.
"""

import importlib.util
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from distill.serving.command import argument
from distill.serving.profile import load_profile
from tests.bench import versus
from tests.bench.figure import Figure
from tests.bench.skipped import Skipped

MODEL = Path(__file__).parents[2] / "teacher" / "miniature" / "weights" / "teacher"
LOAD = versus.Load(num_requests=256, output_tokens=64, concurrency=128)
ROUNDS = 5


def measure() -> Iterator[Figure]:
    """Yield the engine's completion tokens a second beside those of vLLM's benchmark."""
    if importlib.util.find_spec("vllm") is None:
        raise Skipped("vLLM is not installed: run `make setup`")
    options, environment = server_options()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with versus.served(MODEL, folder / "server.log", *options, environment=environment) as url:
            runs = list(versus.compare(url, MODEL, LOAD, folder, ROUNDS))
    rates = {
        client: median(run.rate for run in runs if run.client == client)
        for client in ("engine", "vllm bench")
    }
    yield Figure(
        name="of_vllm_bench_cpu",
        group="engine",
        value=rates["engine"],
        unit="completion tokens/s",
        peer=f"vLLM's serving benchmark, medians of {ROUNDS}",
        peer_value=rates["vllm bench"],
        target=0.97,
    )


def server_options() -> tuple[list[str], dict[str, str]]:
    """Return the CPU profile's vLLM options and environment."""
    profile = load_profile("cpu")
    options = [word for option in profile.options.items() for word in argument(*option)]
    options += ["--dtype", "float32", "--max-model-len", "512", "--generation-config", "vllm"]
    return options, profile.environment
