"""Asking a server whether it is up, and which models it has."""

import json
import socket
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPException
from random import randrange
from typing import Any

from distill.errors import UserError

TIMEOUT_SEC = 10.0
FREE_PORTS = (20_000, 30_000)
"""Below the ports that outgoing connections are given."""


def is_healthy(base_url: str) -> bool:
    """Tell whether the vLLM server at `base_url` (ending in /v1) takes requests."""
    try:
        with _open(base_url.removesuffix("/v1") + "/health") as response:
            return bool(response.status == 200)
    except (OSError, HTTPException):  # urllib's errors are OSErrors
        return False


def served_models(base_url: str) -> list[str] | None:
    """Return the names of a server's models, or None where it does not say.

    Raises:
        OSError: if no server answers.
    """
    try:
        with _open(f"{base_url}/models") as response:
            return [str(model["id"]) for model in json.load(response)["data"]]
    except (urllib.error.HTTPError, HTTPException, ValueError, LookupError, TypeError):
        return None  # hosted APIs want a key for it, some have no such page


def free_port(wanted: int | None = None) -> int:
    """Return `wanted`, or any port that nothing listens on.

    Raises:
        UserError: if `wanted` is taken.
    """
    if wanted is not None:
        if not _is_free(wanted):
            raise UserError(
                f"port {wanted}: in use by another process. Stop that one, or choose another port "
                "(server_args.port of the model in the recipe; leave it out for any free one)."
            )
        return wanted
    while not _is_free(port := randrange(*FREE_PORTS)):
        pass
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server will
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _open(url: str) -> Any:
    """Open a URL; never through a proxy where it is this machine's."""
    local = urllib.parse.urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
    handlers = [urllib.request.ProxyHandler({})] if local else []
    return urllib.request.build_opener(*handlers).open(url, timeout=TIMEOUT_SEC)
