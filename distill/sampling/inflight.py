"""What is with the servers, written down before it goes out, so that what a kill took is counted.

A file beside the outbox, mapped into memory: a store into it costs a copy, and survives the process
from that moment on, a power cut from the next `sync` on. It has a slot for each request, which is
used again once it is on the disk what came of the request.
"""

import mmap
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import msgspec

SLOT_BYTES = 512
NUM_SLOTS = 256
MAX_SERVER = 90
"""Characters of a server's name, so that every row fits its slot."""
Row = tuple[UUID, UUID, int, int | str, str, float]
"""attempt_id, prompt_id, job, sample_index, server, started (seconds since 1970)."""
_DECODER = msgspec.json.Decoder(Row)


class InFlight:
    """The writing end. `sync` and `free` may run in one thread while `note` runs in another.

    Raises:
        OSError: here and in `note` and `sync`, if the disk is full or broken.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("w+b")
        os.posix_fallocate(self._file.fileno(), 0, NUM_SLOTS * SLOT_BYTES)
        self._map = mmap.mmap(self._file.fileno(), 0)
        self._free = list(range(NUM_SLOTS))
        self._changed = False

    def note(self, row: Row) -> int:
        """Write down a request that is about to go out; return its slot."""
        if not self._free:
            self._grow()
        slot = self._free.pop()
        attempt_id, prompt_id, job, index, server, started = row
        short = (attempt_id, prompt_id, job, index, server[:MAX_SERVER], started)
        line = msgspec.json.encode(short) + b"\n"
        begin = slot * SLOT_BYTES
        self._map[begin + 1 : begin + len(line)] = line[1:]
        self._map[begin] = line[0]  # the last: a slot is whole, or counts as free
        self._changed = True
        return slot

    def free(self, slots: Iterable[int]) -> None:
        """Forget requests."""
        for slot in slots:
            self._map[slot * SLOT_BYTES] = 0
            self._free.append(slot)

    def sync(self) -> None:
        """Bring what was noted to the disk."""
        if self._changed:
            self._changed = False
            os.fdatasync(self._file.fileno())

    def close(self) -> None:
        """Close the file; what was not freed stays in it."""
        self._map.close()
        self._file.close()

    def _grow(self) -> None:
        """Double the file; its blocks are there before it is mapped, or a full disk would kill."""
        size = len(self._map)
        os.posix_fallocate(self._file.fileno(), 0, 2 * size)
        self._map.resize(2 * size)
        self._free.extend(range(size // SLOT_BYTES, 2 * size // SLOT_BYTES))


def read_in_flight(path: Path) -> Iterator[Row]:
    """Yield what a process that has ended had with servers; nothing where there is no file."""
    if not path.exists():
        return
    data = path.read_bytes()
    for begin in range(0, len(data), SLOT_BYTES):
        line = data[begin : begin + SLOT_BYTES].partition(b"\n")[0]
        if line.startswith(b"["):
            with suppress(msgspec.DecodeError):  # torn by a power cut
                yield _DECODER.decode(line)
