"""Serving profiles: how vLLM is started on a kind of machine, as data.

A profile holds what belongs to the machine. What belongs to the model's identity (precision,
quantisation, KV cache) and what the pipeline decides (name, address, length) stands in the recipe
and is refused here.
"""

import os
import tomllib
from math import prod
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from distill.config.base import Section
from distill.config.models import ModelSpec
from distill.errors import UserError, nearest

FOLDERS = (Path(__file__).parent / "profiles", Path(__file__).parents[2] / "teacher" / "profiles")
OPTION = str | int | float | bool
RECIPE_OPTIONS = {
    "model": "source",
    "served-model-name": "source",
    "dtype": "dtype",
    "max-model-len": "max_model_len",
    "host": "",
    "generation-config": "",
    "trust-remote-code": "",
    "chat-template": "",
    "tokenizer": "",
    "hf-overrides": "",
}
"""Options that nobody sets by hand, and the key of the recipe's model that does it instead."""
IDENTITY_OPTIONS = ("quantization", "kv-cache-dtype", "port")
"""Options of one recipe's model, not of a machine: allowed in server_args only."""


class Profile(Section):
    """A profile file."""

    description: str
    """One line: the machine, and what the settings are good for."""
    startup_timeout_sec: float = Field(default=600, gt=0)
    """A server that is not healthy by then is given up."""
    device: Literal["cpu", "gpu"] = "gpu"
    """What it runs on."""
    options: dict[str, OPTION] = {}
    """Options of `vllm serve`, without the leading dashes."""
    environment: dict[str, str] = {}
    """Variables to set where they are not; `{num_cores}` is the number of cores."""


def load_profile(name: str) -> Profile:
    """Return the profile of that name, or in the file at that path.

    Raises:
        UserError: if there is none, or it is malformed.
    """
    shipped = {path.stem: path for folder in FOLDERS for path in folder.glob("*.toml")}
    path = shipped.get(name, Path(name))
    if not path.is_file():
        raise UserError(f"serving profile {name!r}: none of that name{nearest(name, shipped)}.")
    profile = _read(path)
    options = normalise(profile.options, where=f"serving profile {path}")
    if misplaced := sorted(set(IDENTITY_OPTIONS) & set(options)):
        raise UserError(
            f"serving profile {path}: {misplaced[0]!r} belongs to a model, not to a machine: "
            "set it in the recipe's server_args."
        )
    cores = str(len(os.sched_getaffinity(0)))
    environment = {k: v.replace("{num_cores}", cores) for k, v in profile.environment.items()}
    return profile.model_copy(update={"options": options, "environment": environment})


PARALLEL = ("tensor-parallel-size", "pipeline-parallel-size", "data-parallel-size")


def num_gpus(spec: ModelSpec) -> int | None:
    """Return how many GPUs serve a model, as far as its recipe tells; None where it does not."""
    if spec.num_gpus is not None or spec.url:
        return spec.num_gpus
    profile = load_profile(spec.profile)
    if profile.device == "cpu":
        return 0
    options = profile.options | normalise(spec.server_args, where="server_args")
    return prod(int(options.get(name, 1)) for name in PARALLEL)


def _read(path: Path) -> Profile:
    try:
        return Profile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"serving profile {path}: not a TOML file: {error}") from error
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise UserError(f"serving profile {path}: {'; '.join(wrong)}") from error


def normalise(options: dict[str, OPTION], where: str) -> dict[str, OPTION]:
    """Return options with names as `vllm serve --help` writes them, without the leading dashes.

    Raises:
        UserError: for options that are not to be set by hand.
    """
    named = {name.lstrip("-").replace("_", "-"): value for name, value in options.items()}
    for name in named:
        if (key := RECIPE_OPTIONS.get(name)) is not None:
            way = f"set the model's `{key}` in the recipe" if key else "it is the pipeline's to set"
            raise UserError(f"{where}: {name!r} cannot be set here; {way}.")
    return named
