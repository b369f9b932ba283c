"""Frames over pipes: four bytes that say how long it is, then the message."""

import json
import os
from typing import Any

_PIECE = 1 << 20


def write_frame(fd: int, message: bytes) -> None:
    """Write a message."""
    rest = memoryview(len(message).to_bytes(4, "big") + message)
    while rest:
        rest = rest[os.write(fd, rest) :]


def read_frame(fd: int, most: int = 1 << 31) -> bytes:
    """Return the next message.

    Raises:
        EOFError: if the other side has hung up.
        OverflowError: if it announces more than `most` bytes.
    """
    size = int.from_bytes(_read(fd, 4), "big")
    if size > most:
        raise OverflowError(f"a message of {size} bytes")
    return _read(fd, size)


def _read(fd: int, size: int) -> bytes:
    pieces = []
    while size:
        piece = os.read(fd, min(size, _PIECE))
        if not piece:
            raise EOFError
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def write_json(fd: int, message: Any) -> None:
    """Write a message of JSON data."""
    write_frame(fd, json.dumps(message).encode())


def read_json(fd: int, most: int = 1 << 31) -> Any:
    """Return the next message of JSON data.

    Raises:
        EOFError, OverflowError: as read_frame() does.
        ValueError: if it is no JSON; RecursionError if it is nested too deep.
    """
    return json.loads(read_frame(fd, most))
