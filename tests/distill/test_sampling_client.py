from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from distill.sampling.client import judge, retry_after_sec

TOO_LONG = (
    b'{"error": {"message": "This model\'s maximum context length is 2048 tokens. However, you '
    b'requested 1024 output tokens"}}'
)


@pytest.mark.parametrize(
    ("status", "body", "fate", "cause"),
    [
        (400, b'{"error": {"message": "bad"}}', "failed", "http-400"),
        (400, TOO_LONG, "failed", "context-length"),
        (401, b"", "failed", "http-401"),
        (301, b"", "failed", "http-301"),
        (408, b"", "again", "http-408"),
        (429, b"", "again", "http-429"),
        (500, TOO_LONG, "again", "http-500"),
        (503, b"\xff", "again", "http-503"),
    ],
)
def test_what_a_status_means(status: int, body: bytes, fate: str, cause: str) -> None:
    reply = judge(status, body, None)
    assert (reply.fate, reply.cause) == (fate, cause)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error": {"message": "no\\n\\ud800 way"}}', "no \ufffd way"),
        (b'{"object": "error", "message": "older"}', "older"),
        (b"<html>\xff", "<html>\ufffd"),
        (b'{"error": []}', '{"error": []}'),
        (b"x" * 9_000, "x" * 500),
    ],
)
def test_the_message_inside_an_error(body: bytes, message: str) -> None:
    assert judge(500, body, None).message == message


def test_retry_after_in_seconds_or_as_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert judge(429, b"", "7").retry_after_sec == 7
    assert 27 < retry_after_sec(soon) <= 30
    assert retry_after_sec("1e9") == 600
    assert [retry_after_sec(text) for text in ("soon", "-1", "nan")] == [0, 0, 0]
