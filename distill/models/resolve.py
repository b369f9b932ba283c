"""From what a recipe calls a model to the folder that holds it."""

import re
from pathlib import Path

from distill.config.models import ModelSpec
from distill.errors import UserError, nearest
from distill.models import checksums, smollm2
from distill.models.folder import check_model
from distill.runs.home import Home

HUB_FILES = ("*.safetensors", "*.json", "*.jinja", "*.txt", "*.model")
"""What is fetched from the Hub: no pickles, and no code."""
SHIPPED = Path(__file__).parents[2] / "teacher" / "miniature" / "weights"
"""Models that ship with the project; `miniature/NAME` is the folder NAME in it."""


def resolve(spec: ModelSpec, home: Home) -> Path:
    """Return the model's folder: a path, a model that set-up prepared, or a Hub snapshot.

    A Hub snapshot is fetched if it is not there yet.

    Raises:
        UserError: if there is none, or it holds no model that a server could load.
    """
    folder = local_folder(spec, home) or _hub_snapshot(spec, home)
    check_model(folder)
    if (folder / checksums.NAME).is_file():
        checksums.verify(folder)
    return folder


def local_folder(spec: ModelSpec, home: Home) -> Path | None:
    """Return the folder that `source` names on this machine, or None.

    A prepared model goes before a folder that happens to be called the same here. One that comes in
    a package is prepared if it is not there.
    """
    if spec.source == smollm2.NAME:
        return smollm2.prepare(home)
    folders = [home.models / spec.source, Path(spec.source).expanduser().absolute()]
    if spec.source.startswith("miniature/"):
        folders.insert(0, SHIPPED / spec.source.removeprefix("miniature/"))
    return next((folder for folder in folders if folder.is_dir()), None)


def _prepared(home: Home) -> list[str]:
    folders = home.models.iterdir() if home.models.is_dir() else ()
    return [
        folder.name for folder in folders if folder.is_dir() and not folder.name.startswith(".")
    ]


def _hub_snapshot(spec: ModelSpec, home: Home) -> Path:
    if not re.fullmatch(r"[\w-][\w.-]*/[\w.-]+", spec.source):
        raise UserError(
            f"model {spec.source!r}: no such folder, and no model of that name in {home.models}"
            f"{nearest(spec.source, _prepared(home))}. `make setup` prepares the default model; "
            "a Hub id is written owner/name."
        )
    from huggingface_hub import snapshot_download

    try:
        folder = snapshot_download(
            spec.source, revision=spec.revision, allow_patterns=list(HUB_FILES)
        )
    except (
        OSError,
        ValueError,
    ) as error:  # the Hub's and the network's errors are all of these two
        reason = str(error).strip().splitlines()[0]
        raise UserError(
            f"model {spec.source!r}: no such folder, none in {home.models}, and the Hugging Face "
            f"Hub did not give it (revision {spec.revision or 'main'}): {reason}"
        ) from error
    return Path(folder)
