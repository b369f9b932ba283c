"""Which model it was: the identity that attempts, evaluations and checkpoints refer to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from distill.config.models import ModelSpec
from distill.ids import content_id
from distill.models.chat_template import (
    chat_template,
    generation_prompt_opens_think,
    template_hash,
)
from distill.models.folder import hub_snapshot, read_config
from distill.models.resolve import local_folder, resolve
from distill.models.weights import weights_id
from distill.runs.home import Home

CACHE = ".weights.json"


COLUMNS = (
    "model_id",
    "weights_id",
    "name",
    "revision",
    "licence",
    "dtype",
    "quantisation",
    "kv_cache_dtype",
    "chat_template_hash",
)
"""Columns of `models`."""
KEY = ("weights_id", "dtype", "quantisation", "kv_cache_dtype", "chat_template_hash")
"""What makes it another model."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model as it is served; what is not known of it is None."""

    model_id: UUID
    weights_id: str
    name: str
    revision: str | None = None
    licence: str = "unverified"
    dtype: str | None = None
    quantisation: str | None = None
    kv_cache_dtype: str | None = None
    chat_template_hash: str | None = None
    path: Path | None = None
    """Its folder; None where only a server or a file of traces knows it."""
    opens_think: bool = False
    """Its chat template's generation prompt ends in an open `<think>`."""

    def row(self) -> dict[str, Any]:
        """Return the model as a row of `models`."""
        return {column: getattr(self, column) for column in COLUMNS}


def named_model(name: str, revision: str | None, licence: str = "unverified") -> Model:
    """Return a model known by name only: behind a hosted API, or the author of imported traces."""
    weights = f"{name}@{revision or 'unverified'}"
    return _model(weights_id=weights, name=name, revision=revision, licence=licence)


def _model(**parts: Any) -> Model:
    return Model(model_id=content_id({part: parts.get(part) for part in KEY}), **parts)


def identify(spec: ModelSpec, home: Home) -> Model:
    """Return the model that a recipe means, as it will be served.

    Behind a URL, a `source` that is a folder here is that folder's model; else name and revision
    are all that is known.

    Raises:
        UserError: if the folder holds no model that a server could load.
    """
    if spec.url and not local_folder(spec, home):
        return named_model(spec.source, spec.revision, spec.licence)
    folder = resolve(spec, home)
    template = chat_template(folder)
    snapshot = hub_snapshot(folder)
    return _model(
        weights_id=weights_id(folder, home.models / CACHE),
        name=snapshot.name if snapshot else folder.name,
        revision=snapshot.commit if snapshot else spec.revision,
        licence=spec.licence,
        dtype=spec.dtype,
        quantisation=_option(spec, "quantization") or _stored_quantisation(folder),
        kv_cache_dtype=_option(spec, "kv-cache-dtype"),
        chat_template_hash=template_hash(template) if template is not None else None,
        path=folder,
        opens_think=generation_prompt_opens_think(folder),
    )


def _option(spec: ModelSpec, name: str) -> str | None:
    options = {key.lstrip("-").replace("_", "-"): value for key, value in spec.server_args.items()}
    value = options.get(name)
    return None if value is None or value == "auto" else str(value)


def _stored_quantisation(folder: Path) -> str | None:
    method = (read_config(folder).get("quantization_config") or {}).get("quant_method")
    return str(method) if method else None
