"""An address to send requests to."""

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from distill.errors import UserError
from distill.serving.probe import served_models


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where to send requests."""

    base_url: str
    """Of an OpenAI-compatible API; ends in /v1."""
    served_name: str
    """The `model` of a request."""
    label: str
    """What the attempts' `server` says: host and port, no credentials."""
    is_alive: Callable[[], bool] = field(default=lambda: True, compare=False, repr=False)
    """Whether the server's process runs, as far as one can tell from here."""
    restart: Callable[[], None] | None = field(default=None, compare=False, repr=False)
    """Starts a server that the run owns once more, at the same address; blocks until it is up."""
    headers: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Sent with every request, such as an authorization: never logged."""


def endpoint_of(
    base_url: str,
    served_name: str,
    is_alive: Callable[[], bool],
    restart: Callable[[], None] | None = None,
) -> Endpoint:
    """Return the endpoint of a server on this machine."""
    label = f"{platform.node()}:{urlsplit(base_url).port}"
    return Endpoint(
        base_url=base_url,
        served_name=served_name,
        label=label,
        is_alive=is_alive,
        restart=restart,
    )


def at_url(url: str, source: str, headers: Mapping[str, str] | None = None) -> Endpoint:
    """Return the endpoint at a URL that a recipe gives, under the name that the server has for it.

    Raises:
        UserError: if it is no URL, no server answers, or the server does not hold the model.
    """
    label = _host_and_port(url)
    base_url = url.rstrip("/")
    try:
        names = served_models(base_url)
    except OSError as error:
        raise UserError(
            f"server {label}: no answer ({error}). Start it, or leave out the model's `url` to "
            "have one started."
        ) from error
    if names is None:  # it does not say
        return Endpoint(base_url=base_url, served_name=source, label=label, headers=headers or {})
    for name in (source, Path(source).name):
        if name in names:
            return Endpoint(base_url=base_url, served_name=name, label=label, headers=headers or {})
    raise UserError(
        f"server {label}: serves {', '.join(names)}, not {source}. Correct one of them."
    )


def _host_and_port(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise UserError(f"model url {url!r}: write it as http://HOST:PORT/v1.")
    return f"{host}:{port}" if port else host
