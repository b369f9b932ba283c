"""The command line of a vLLM server: a pure function of recipe, profile and port."""

import importlib.util
import sys
from dataclasses import dataclass

from distill.config.models import ModelSpec
from distill.errors import UserError
from distill.models.identity import Model
from distill.serving.profile import OPTION, Profile, normalise

HOST = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Command:
    """What to run, and the environment variables to add where they are not set."""

    argv: list[str]
    environment: dict[str, str]


def vllm_command(model: Model, spec: ModelSpec, profile: Profile, port: int) -> Command:
    """Return the command that serves `model` at `port` of this machine.

    Options: the pipeline's own, then the profile's, overridden by the recipe's `server_args`.

    Raises:
        UserError: if vLLM is not installed, or an option is not to be set by hand.
    """
    if importlib.util.find_spec("vllm") is None:
        raise UserError(f"vLLM is not installed for {sys.executable}: run `make setup`.")
    own: dict[str, OPTION] = {
        "model": str(model.path),
        "served-model-name": model.name,
        "host": HOST,
        "port": port,
        "dtype": spec.dtype,
        "max-model-len": spec.max_model_len,
        # Every request sends all its sampling settings; the model's own defaults must not join.
        "generation-config": "vllm",
        # One line a request would bury what the log is read for.
        "disable-uvicorn-access-log": True,
    }
    args = {name: value for name, value in server_args(spec).items() if name != "port"}
    # As a module: the `vllm` script of the CPU build looks for a distribution that is not there.
    argv = [sys.executable, "-m", "vllm.entrypoints.openai.api_server"]
    for name, value in (own | profile.options | args).items():
        argv += argument(name, value)
    return Command(argv=argv, environment=OFFLINE | profile.environment)


def server_args(spec: ModelSpec) -> dict[str, OPTION]:
    """Return the recipe's own vLLM options.

    Raises:
        UserError: for those that are not to be set by hand.
    """
    return normalise(spec.server_args, where=f"server_args of model {spec.source!r}")


OFFLINE = {"VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
"""A server always gets a folder; look-ups that wait for a time-out would slow every start."""


def argument(name: str, value: OPTION) -> list[str]:
    """Return an option as vLLM's command line spells it."""
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    return [f"--{name}", str(value)]
