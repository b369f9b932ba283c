"""One request to one endpoint, and what its reply means."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Literal

import aiohttp

from distill.ids import replace_surrogates

if TYPE_CHECKING:
    from distill.serving.endpoint import Endpoint

MAX_BODY_BYTES = 10 * 2**20
CONNECT_SEC = 30.0
KEEP_ALIVE_SEC = 4.0
"""Less than uvicorn's 5, so that no request goes into a connection that the server is closing."""
MAX_MESSAGE = 500
MAX_RETRY_AFTER_SEC = 600.0
LIMITS = ("x-ratelimit-remaining-requests", "x-ratelimit-remaining-tokens")
RETRIED = frozenset({408, 425, 429})
CONTEXT_LENGTH = re.compile(
    r"context[ _]length|maximum model length|max_model_len|prompt is too long", re.IGNORECASE
)
Fate = Literal["response", "again", "unsent", "failed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What came of a request.

    `response`: a body with status 200, not parsed yet. `again`: worth another try. `unsent`: it
    never reached the server, so it counts as no try. `failed`: another try would fail too.
    """

    fate: Fate
    cause: str = ""
    """Short and the same for all that failed alike: http-503, timeout, context-length."""
    message: str = ""
    body: bytes = b""
    broken: str | None = None
    """Why the body is not whole."""
    retry_after_sec: float = 0.0
    headers: Mapping[str, str] | None = None
    """Of the answer, where they speak of limits."""


def client_session(timeout_sec: float) -> aiohttp.ClientSession:
    """Return a session without limits of its own: lanes hold them."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_SEC),
        timeout=aiohttp.ClientTimeout(total=timeout_sec, sock_connect=CONNECT_SEC),
        headers={"Content-Type": "application/json"},
        cookie_jar=aiohttp.DummyCookieJar(),
    )


async def ask(session: aiohttp.ClientSession, endpoint: "Endpoint", body: bytes) -> Reply:
    """Send a chat completion request and read the reply; what goes wrong on the way is in it."""
    url = f"{endpoint.base_url}/chat/completions"
    try:
        async with session.post(
            url, data=body, headers=endpoint.headers, allow_redirects=False
        ) as response:
            data, broken = await _read(response)
            headers = response.headers if _tells_limits(response.headers) else None
            if response.status == 200:
                return Reply(fate="response", body=data, broken=broken, headers=headers)
            reply = judge(response.status, data, response.headers.get("Retry-After"))
            message = _without_secrets(reply.message, endpoint.headers)
            return replace(reply, headers=headers, message=message)
    except aiohttp.ClientConnectorError as error:
        return Reply(fate="unsent", cause="unreachable", message=_brief(str(error.os_error)))
    except aiohttp.ConnectionTimeoutError:
        return Reply(fate="unsent", cause="unreachable", message="no connection")
    except TimeoutError:
        limit = f"no response within {session.timeout.total:g} s"
        return Reply(fate="again", cause="timeout", message=limit)
    except (aiohttp.ClientError, OSError) as error:
        return Reply(fate="again", cause="transport", message=_brief(str(error) or repr(error)))


def _without_secrets(message: str, headers: Mapping[str, str]) -> str:
    """Return a server's message without the key that it may repeat: messages are stored."""
    for value in headers.values():
        message = message.replace(value.removeprefix("Bearer "), "***")
    return message


def _tells_limits(headers: Mapping[str, str]) -> bool:
    return LIMITS[0] in headers or LIMITS[1] in headers


async def _read(response: aiohttp.ClientResponse) -> tuple[bytes, str | None]:
    """Return the body, or what came of it and why it is not whole."""
    parts: list[bytes] = []
    size = 0
    try:
        async for part in response.content.iter_any():
            parts.append(part)
            size += len(part)
            if size > MAX_BODY_BYTES:
                response.close()
                return b"".join(parts)[:MAX_BODY_BYTES], f"body over {MAX_BODY_BYTES} bytes"
    except aiohttp.ClientPayloadError as error:
        return b"".join(parts), _brief(f"the connection broke: {error}")
    return b"".join(parts), None


def judge(status: int, body: bytes, retry_after: str | None) -> Reply:
    """Say what a status other than 200 means for the request."""
    message = _error_message(body)
    if status in RETRIED or status >= 500:
        wait = retry_after_sec(retry_after) if retry_after else 0.0
        return Reply(fate="again", cause=f"http-{status}", message=message, retry_after_sec=wait)
    too_long = status in (400, 413, 422) and CONTEXT_LENGTH.search(message)
    cause = "context-length" if too_long else f"http-{status}"
    return Reply(fate="failed", cause=cause, message=message)


def retry_after_sec(header: str) -> float:
    """Return the seconds that a Retry-After header (seconds or a date) asks for, 600 at most."""
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            return 0.0
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SEC) if seconds == seconds else 0.0


def _error_message(body: bytes) -> str:
    """Return the message inside an error body as servers write them, or the body itself."""
    text = body[:100_000].decode(errors="replace")
    try:
        error = json.loads(text)
        error = error.get("error", error)
        text = str(error["message"])
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError):
        pass
    return _brief(text)


def _brief(text: str) -> str:
    return " ".join(replace_surrogates(text).split())[:MAX_MESSAGE]
