"""Content identities: every id in the warehouse is a function of what it names.

An id is the first 128 bits of the SHA-256 of canonical JSON (sorted keys, no spaces, UTF-8, floats
as Python prints them, absent values null). A golden test fixes them: a change re-keys every
warehouse.
"""

import hashlib
import json
import re
import unicodedata
from typing import Any
from uuid import UUID


def canonical_json(value: Any) -> str:
    """Return the one JSON text of `value`.

    Raises:
        ValueError: for NaN and infinities, which JSON cannot say.
        TypeError: for what is not JSON, UUIDs apart (they become their text).
    """
    return json.dumps(
        value,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
        default=_encode,
    )


def _encode(value: Any) -> str:
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical JSON: {value!r}")


def content_id(value: Any) -> UUID:
    """Return the id of a JSON-like value."""
    text = replace_surrogates(canonical_json(value))
    return UUID(bytes=hashlib.sha256(text.encode()).digest()[:16])


def replace_surrogates(text: str) -> str:
    """Return `text` with lone surrogates, legal in JSON but in no UTF-8 store, as U+FFFD."""
    return re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)


def canonical_text(text: str) -> str:
    """Return the form of a problem's text that decides whether two problems are the same.

    Unicode NFC, Unix line ends, no trailing blanks, no blank lines around it. Inner white space
    stays: grids and code mean something by it.
    """
    text = unicodedata.normalize("NFC", replace_surrogates(text))
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def problem_id(text: str) -> UUID:
    """Return the id of the problem with this text."""
    return content_id({"problem": canonical_text(text)})


def prompt_id(messages: list[dict[str, str]]) -> UUID:
    """Return the id of a prompt: a list of {role, content} messages."""
    return content_id(messages)


def attempt_id(
    prompt_id: UUID, model_id: UUID, sampling_id: UUID | None, stream: str, index: int | str
) -> UUID:
    """Return the key that decides whether a response is asked for: sample `index` of a prompt.

    Imported traces have no sampling, and the hash of their text as index, so that importing twice
    changes nothing.
    """
    return content_id(
        {
            "prompt_id": prompt_id,
            "model_id": model_id,
            "sampling_id": sampling_id,
            "stream": stream,
            "index": index,
        }
    )
