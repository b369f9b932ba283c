"""The identity of weights: a Hub commit, or a hash over the files that decide the answers."""

import hashlib
import json
import time
from contextlib import suppress
from pathlib import Path

from distill.ids import canonical_json
from distill.models.folder import hub_snapshot
from distill.runs.run import write_atomically

FILES = (
    "*.safetensors",
    "config.json",
    "adapter_config.json",
    "tokenizer*.json",
    "*.model",
    "vocab.*",
    "merges.txt",
    "special_tokens_map.json",
    "added_tokens.json",
)
"""What is hashed. The chat template has its own part in a model's identity; README,
generation_config.json and optimizer states change no weight."""
SETTLED_NS = 2_000_000_000
"""A file changed this recently may change again within a tick of its time stamp: not remembered."""


def weights_id(folder: Path, cache: Path | None = None) -> str:
    """Return the weights_id of a model folder.

    Args:
        folder: a model's folder; a Hub snapshot is known by its commit and not read.
        cache: a JSON file that remembers hashes by path, size and time.
    """
    if snapshot := hub_snapshot(folder):
        return snapshot.commit
    known = _read(cache)
    names = sorted({path.name for pattern in FILES for path in folder.glob(pattern)})
    hashes = {name: _hash(folder / name, known) for name in names}
    if cache:
        _write(cache, known)
    return hashlib.sha256(canonical_json(hashes).encode()).hexdigest()


def _hash(path: Path, known: dict[str, str]) -> str:
    status = path.stat()
    key = f"{path.resolve()}|{status.st_size}|{status.st_mtime_ns}"
    if key not in known:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if time.time_ns() - status.st_mtime_ns < SETTLED_NS:
            return digest
        known[key] = digest
    return known[key]


def _read(cache: Path | None) -> dict[str, str]:
    try:
        known = json.loads(cache.read_text(encoding="utf-8")) if cache else {}
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(cache: Path, known: dict[str, str]) -> None:
    kept = {key: digest for key, digest in known.items() if Path(key.split("|")[0]).exists()}
    if kept != _read(cache):
        with suppress(OSError):  # a cache that cannot be kept costs seconds, not the run
            cache.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(cache, json.dumps(kept, indent=1))
