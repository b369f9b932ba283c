"""The real vLLM: started, asked, killed, started again, and nothing left behind by its stage."""

import importlib.util
import io
import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from distill.config.models import ModelSpec, Sampling
from distill.config.prompts import Requests
from distill.config.recipe import Recipe
from distill.models.identity import identify
from distill.runs.home import Home
from distill.runs.run import open_run
from distill.sampling.engine import sample
from distill.sampling.report import SampleReport
from distill.sampling.requests import Job
from distill.sampling.stored import read_responses, read_tries
from distill.serving.pool import ServerPool
from tests.distill.sampling_toys import nothing, toy_requests

ROOT = Path(__file__).parents[2]
STAGE = """
import sys, time
from rich.console import Console
from distill.config.models import ModelSpec
from distill.config.recipe import Recipe
from distill.runs.home import Home
from distill.runs.run import open_run
from distill.serving.pool import ServerPool

home = Home.at(sys.argv[1])
spec = ModelSpec(source=sys.argv[2], max_model_len=64)
pool = ServerPool(home, Console(stderr=True), keep=False)
with open_run(home, Recipe(name="toy"), "generate") as run:
    with pool.endpoint(spec, run) as endpoint:
        print(endpoint.base_url, flush=True)
        time.sleep(1000)
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("vllm") is None:
        pytest.skip("vllm is not installed")
    from tests.toy_models import chatml_tokenizer, save_toy_model

    # vLLM's attention on the CPU wants heads of a multiple of 32.
    shape = {"hidden_size": 64, "num_attention_heads": 2, "num_key_value_heads": 1}
    return save_toy_model(tmp_path_factory.mktemp("models") / "toy", chatml_tokenizer(), **shape)


def ask(base_url: str) -> dict[str, object]:
    body = {"model": "toy", "prompt": "1 + 1 =", "max_tokens": 5, "temperature": 1.0, "seed": 1}
    request = urllib.request.Request(
        f"{base_url}/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return dict(json.load(response))


@pytest.mark.slow
def test_a_real_server_dies_with_its_stage(model: Path, tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", STAGE, str(tmp_path / "home"), str(model)]
    stage = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert stage.stdout
    try:
        base_url = stage.stdout.readline().strip()
        answers = [ask(base_url) for _ in range(2)]
        family = psutil.Process(stage.pid).children(recursive=True)
    finally:
        stage.kill()
        stage.wait()
    assert [answer["usage"]["completion_tokens"] for answer in answers] == [5, 5]
    assert answers[0]["choices"] == answers[1]["choices"]
    names = [process.name() for process in family if process.is_running()]
    assert len(family) >= 5, names  # two guards, the API server, its engine, a worker
    deadline = time.monotonic() + 30
    while [p for p in family if p.is_running()] and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [p for p in family if p.is_running()] == []


@pytest.mark.slow
@pytest.mark.timeout(900)  # it starts twice, which takes minutes on a machine that is busy
def test_a_real_server_killed_within_a_run_is_started_again(model: Path, tmp_path: Path) -> None:
    home, screen = Home.at(str(tmp_path)), io.StringIO()
    spec = ModelSpec(source="miniature/teacher", max_model_len=128)
    job = Job(model=identify(spec, home), sampling=Sampling(max_tokens=32), stream="test")
    pool = ServerPool(home, Console(file=screen, width=200), keep=False)
    killed: list[psutil.Process] = []

    def kill(report: SampleReport) -> None:
        if report.num_answered >= 20 and not killed:
            below = psutil.Process().children(recursive=True)
            killed.extend(
                p for p in below if "vllm.entrypoints.openai.api_server" in p.cmdline()[2]
            )
            killed[0].kill()

    with (
        open_run(home, Recipe(name="toy"), "generate") as run,
        pool.endpoints(spec, run) as servers,
    ):
        report = sample(
            toy_requests(job, [f"What is {i} + {i}?" for i in range(120)]),
            job=job,
            endpoints=servers,
            outbox=tmp_path / "o",
            existing=nothing,
            settings=Requests(max_in_flight=32),
            on_progress=kill,
        )
    assert len(killed) == 1
    assert (report.num_answered, report.num_failed) == (120, 0)
    assert len({row.attempt_id for row in read_responses(tmp_path / "o")}) == 120
    # What was with it is asked again, and what was sent before it was missed.
    assert 0 < len(read_tries(tmp_path / "o")) <= 64
    assert screen.getvalue().count("vLLM is up") == 2
    assert psutil.Process().children(recursive=True) == []


@pytest.mark.slow
def test_shipped_profiles_have_no_option_that_vllm_does_not_know(model: Path) -> None:
    script = """
import sys
from distill.config.models import ModelSpec
from distill.models.identity import named_model
from distill.serving.command import vllm_command
from distill.serving.profile import FOLDERS, load_profile
try:
    from vllm.entrypoints.launchers.cli_args import make_arg_parser
except ModuleNotFoundError:  # where vLLM for GPUs has it
    from vllm.entrypoints.openai.cli_args import make_arg_parser
from vllm.utils.argparse_utils import FlexibleArgumentParser

parser = make_arg_parser(FlexibleArgumentParser())
for folder in FOLDERS:
    for path in folder.glob("*.toml"):
        spec = ModelSpec(source="x", dtype="bfloat16")
        command = vllm_command(named_model("x", None), spec, load_profile(path.stem), 8000)
        parser.parse_args(command.argv[3:])
        print(path.stem)
"""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "r1-2x8xh100" in done.stdout
